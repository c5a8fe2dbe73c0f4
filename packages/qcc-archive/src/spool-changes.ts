import { type ChangeFile, createChangeFile } from './change-file.ts';
import { encodeChange } from './encode-change.ts';
import { type ArchiveSource, type Inspection, inspectArchive } from './inspect-archive.ts';
import { readChange } from './read-change.ts';
import { createTranscoder } from './transcode-element.ts';

/**
 * The one pass over an archive: authenticates it, reads it to its end, and writes the changes to publish into `file`. If it
 * fails, no file is left. Disposing the changes removes the file.
 * @throws as inspectArchive.
 */
export async function spoolChanges(
  source: ArchiveSource,
  file: string,
): Promise<{ inspection: Inspection; changes: ChangeFile }> {
  await using writer = await createChangeFile(file);
  const transcode = createTranscoder();
  const inspection = await inspectArchive(source, {
    takeObject(chunk, from, until) {
      const transcoded = transcode(chunk, from, until);
      if (transcoded) writer.change(transcoded);
      return transcoded?.end ?? null;
    },
    take(element) {
      const outcome = readChange(element);
      if (outcome.kind === 'change') writer.change(encodeChange(outcome.change));
      else writer.rejected({ ...outcome, position: element.position, element });
      return outcome.kind === 'change';
    },
    afterChunk: () => writer.flush(),
  });
  return { inspection, changes: await writer.finish() };
}
