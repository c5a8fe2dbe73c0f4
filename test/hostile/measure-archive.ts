import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { V8_FLAGS } from '../../scripts/v8-flags.ts';
import { runChild } from '../../stack/child.ts';

export type Measured = {
  records: number;
  reasons: string[];
  downloads: number;
  seconds: number;
  /** User and system; unlike `seconds` it does not grow when others use the machine. */
  cpuSeconds: number;
  /** Largest resident set, the runtime and the extractor's code included. */
  peakMemoryMiB: number;
};

/** Extracts an archive in a process of its own. */
export async function measureArchive(archive: Buffer): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'qcc-measure-'));
  try {
    const file = join(folder, 'archive.zip');
    await writeFile(file, archive);
    const script = join(import.meta.dirname, 'extract-process.ts');
    const { stdout } = await runChild(process.execPath, [
      ...process.execArgv,
      ...V8_FLAGS['archive-extractor'],
      script,
      file,
    ]);
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const describeMeasured = ({ downloads, seconds, cpuSeconds, peakMemoryMiB }: Measured): string =>
  `downloaded ${downloads === 1 ? 'once' : `${downloads} times`}, ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time), ${peakMemoryMiB} MiB`;
