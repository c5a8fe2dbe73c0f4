import { type ChangeSpool, createChangeSpool } from './change-spool.ts';
import { encodeChange } from './encode-change.ts';
import { readChange } from './parse-element.ts';
import { type ArchiveSource, type Inspection, inspectArchive } from './read-archive.ts';
import { createTranscoder } from './transcode-element.ts';

/**
 * The one pass over an archive: authenticates and reads it to its end, and leaves what is to be published of it in `file`.
 * Where it fails nothing is left. Disposing the changes removes the file.
 * @throws as inspectArchive.
 */
export async function spoolChanges(
  source: ArchiveSource,
  file: string,
): Promise<{ inspection: Inspection; changes: ChangeSpool }> {
  await using spool = await createChangeSpool(file);
  const transcode = createTranscoder();
  const inspection = await inspectArchive(source, {
    takeObject(chunk, from, until) {
      const transcoded = transcode(chunk, from, until);
      if (transcoded) spool.change(transcoded);
      return transcoded?.end ?? null;
    },
    take(element) {
      const outcome = readChange(element);
      if (outcome.kind === 'change') spool.change(encodeChange(outcome.change));
      else spool.rejected({ ...outcome, position: element.position, element });
      return outcome.kind === 'change';
    },
    afterChunk: () => spool.flush(),
  });
  return { inspection, changes: await spool.finish() };
}
