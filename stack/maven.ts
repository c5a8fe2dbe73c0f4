import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { artifactFolder } from './artifact-folder.mjs';
import { ChildFailedError, NOT_FOUND, runChild } from './child.ts';
import { CACHE_DIR } from './places.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}

type Options = {
  /** Told when something long begins; the function says what it is, and how much there is already. */
  onStep?(step: () => string): void;
  signal?: AbortSignal;
};

/**
 * The folder with a part's files from Maven Central, each verified against its pin. It is moved into place only when whole:
 * where it exists, nothing is fetched, and the network is not needed.
 * @throws ArtifactError when Maven is missing or fails, or a file is not what the pin says.
 */
export async function fetchArtifacts(
  name: Parameters<typeof artifactFolder>[0],
  { onStep, signal }: Options = {},
): Promise<string> {
  const { pins, sums, folder } = artifactFolder(name);
  if (existsSync(folder)) return folder;

  mkdirSync(CACHE_DIR, { recursive: true });
  await using temporary = await makeTemporaryFolder(`.${name}-`, CACHE_DIR);
  const incoming = temporary.path;
  await download(join(pins, 'pom.xml'), incoming, { onStep, signal });
  onStep?.(() => 'is verified and unpacked');
  await verifyArtifacts(sums, incoming);
  for (const file of readdirSync(incoming).filter((file) => file.endsWith('.tar.gz'))) {
    await runChild('tar', ['-xzf', file], { cwd: incoming, signal });
    rmSync(join(incoming, file));
  }
  // Another start may have been quicker; its folder holds the same bytes.
  if (!existsSync(folder)) renameSync(incoming, folder);
  return folder;
}

async function download(
  pom: string,
  into: string,
  { onStep, signal }: { onStep: Options['onStep']; signal: AbortSignal | undefined },
): Promise<void> {
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${into}`];
  try {
    const onStart = (pid: number) => onStep?.(() => `is fetched from Maven Central, once${megabytesWrittenBy(pid)}`);
    await runChild('mvn', args, { signal, onStart });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ChildFailedError && error.ending === NOT_FOUND) {
      const remedy = 'install Maven (Debian and Ubuntu: apt-get install maven; macOS: brew install maven)';
      throw new ArtifactError(`mvn was not found: ${remedy}, or use Docker (QCC_STACK=docker)`, { cause: error });
    }
    const output = error instanceof ChildFailedError ? error.stdout : '';
    const reason = output.split('\n').find((line) => line.includes('ERROR')) ?? String(error);
    throw new ArtifactError(`mvn could not fetch what ${pom} names; can Maven Central be reached? ${reason}`, {
      cause: error,
    });
  }
}

/** `: 41 MB`. Maven reports a file only once it is complete. On Linux, /proc shows how much it has written so far (proc(5)). */
function megabytesWrittenBy(pid: number): string {
  try {
    const bytes = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
    return bytes === undefined ? '' : `: ${Math.round(Number(bytes) / 1_000_000)} MB`;
  } catch {
    return '';
  }
}

/**
 * Compares every file of a folder with its pin, in the format of `sha256sum`.
 * @throws ArtifactError when a file differs from its pin, is missing, or has none.
 */
export async function verifyArtifacts(sums: string, folder: string): Promise<void> {
  const pins = new Map([...sums.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)].map(([, hash, file]) => [file ?? '', hash]));
  const files = readdirSync(folder);
  for (const file of new Set([...pins.keys(), ...files])) {
    const pinned = pins.get(file);
    if (pinned === undefined) throw new ArtifactError(`${file} is not pinned in SHA256SUMS, but mvn brought it`);
    if (!files.includes(file)) throw new ArtifactError(`${file} is pinned in SHA256SUMS, but mvn did not bring it`);
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, file)), hash);
    const actual = hash.digest('hex');
    if (actual !== pinned) {
      throw new ArtifactError(`${file} has SHA-256 ${actual}, pinned is ${pinned}: it is not used`);
    }
  }
}
