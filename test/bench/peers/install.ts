import { mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describeError } from 'qcc-core/base/errors';
import { ChildFailedError, runChild } from '../../../stack/child.ts';
import { CACHE_DIR } from '../../../stack/places.ts';
import type { Absent } from '../../harness/python.ts';
import type { Say } from '../../harness/say.ts';

/** A package index that does not answer makes the peer absent, and the row goes on. */
const INSTALLED_WITHIN_MS = 600_000;

/** Debian's packages behind the commands that the shell's line needs; what they depend on comes with them. */
const PACKAGES = { '7zz': '7zip', jq: 'jq', kcat: 'kcat' } as const;

/**
 * An environment in which `7zz`, `jq` and `kcat` are found: as they are, or unpacked among the downloads from Debian's
 * packages. Nothing is installed into the system.
 */
export async function installShellTools(say: Say): Promise<{ env: NodeJS.ProcessEnv } | Absent> {
  const missing: string[] = [];
  for (const command of Object.keys(PACKAGES) as (keyof typeof PACKAGES)[])
    if (!(await isFound(command, process.env))) missing.push(PACKAGES[command]);
  if (missing.length === 0) return { env: process.env };
  const folder = join(CACHE_DIR, 'bench-tools');
  const env = {
    ...process.env,
    PATH: `${join(folder, 'usr/bin')}${delimiter}${process.env.PATH}`,
    LD_LIBRARY_PATH: [join(folder, 'usr/lib', `${arch()}-linux-gnu`), join(folder, 'usr/lib')].join(delimiter),
  };
  try {
    if (!(await areFound(env))) {
      say(`unpacking ${missing.join(', ')} (once)`);
      await unpack(missing, folder, AbortSignal.timeout(INSTALLED_WITHIN_MS));
    }
    return (await areFound(env)) ? { env } : { absent: `${missing.join(', ')} did not start after unpacking` };
  } catch (error) {
    return { absent: `${missing.join(', ')} could not be had from Debian's packages: ${firstLine(error)}` };
  }
}

async function unpack(packages: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  const downloads = join(folder, 'packages');
  await mkdir(downloads, { recursive: true });
  const without = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (kind) => `--no-${kind}`,
  );
  const { stdout } = await runChild('apt-cache', ['depends', '--recurse', ...without, ...packages], { signal });
  const all = [...new Set(stdout.split('\n').filter((line) => /^[a-z0-9]/.test(line)))];
  // What every Debian has must not come again from another release.
  const wanted: string[] = [];
  for (const name of all) if (packages.includes(name) || !(await isInstalled(name))) wanted.push(name);
  await runChild('apt-get', ['download', ...wanted], { cwd: downloads, signal });
  for (const file of await readdir(downloads))
    await runChild('dpkg-deb', ['-x', join(downloads, file), folder], { signal });
}

const isInstalled = (name: string): Promise<boolean> =>
  runChild('dpkg-query', ['--status', name]).then(
    ({ stdout }) => stdout.includes('Status: install ok installed'),
    () => false,
  );

async function areFound(env: NodeJS.ProcessEnv): Promise<boolean> {
  for (const command of Object.keys(PACKAGES)) if (!(await isFound(command, env))) return false;
  return true;
}

/** Whether the command starts; what it says to being asked for its version does not matter. */
const isFound = (command: string, env: NodeJS.ProcessEnv): Promise<boolean> =>
  runChild(command, command === '7zz' ? [] : ['-V'], { env }).then(
    () => true,
    (error: unknown) => error instanceof ChildFailedError && typeof error.ending === 'number' && error.ending !== 127,
  );

const arch = (): string => (process.arch === 'arm64' ? 'aarch64' : 'x86_64');
const firstLine = (error: unknown): string => describeError(error).split('\n')[0]!;
