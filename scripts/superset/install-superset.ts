import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChildFailedError, runChild } from '../../stack/child.ts';
import { CACHE_DIR } from '../../stack/places.ts';
import { tellWhile } from '../../stack/tell-while.mjs';
import type { Python } from './find-python.ts';
import { DEPLOY_DIR } from './places.ts';

export type Installed = {
  python: string;
  /** Changes with the versions of the packages. */
  id: string;
};
type Deps = { signal: AbortSignal; say(line: string): void };

const REQUIREMENTS = join(DEPLOY_DIR, 'requirements.txt');
/** Written last: a folder without it is one of an installation that was interrupted. */
const STAMP = '.installed';

/** The folder of an installation, which depends on the packages and on Python's version. */
export function installationOf(version: string): { folder: string; id: string } {
  const id = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(version).digest('hex').slice(0, 12);
  return { folder: join(CACHE_DIR, `superset-${id}`), id };
}

/**
 * Installs the pinned Superset, each file verified against its hash, unless it is there. Where it is there, the network is not needed.
 * @throws Error with the installer's words
 */
export async function installSuperset(
  { installer, python, version }: Python,
  { signal, say }: Deps,
): Promise<Installed> {
  const { folder, id } = installationOf(version);
  const own = join(folder, 'bin', 'python');
  if (existsSync(join(folder, STAMP))) return { python: own, id };
  rmSync(folder, { recursive: true, force: true });
  say(`installing Superset with ${installer} on Python ${version}, once: about 750 MB …`);
  const began = performance.now();
  // Below the folder, so that its size tells how far pip has got with its downloads.
  const temporary = join(folder, 'tmp');
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', TMPDIR: temporary };
  const install = async (): Promise<void> => {
    mkdirSync(temporary, { recursive: true });
    if (installer === 'uv') {
      await runChild('uv', ['venv', '--quiet', '--allow-existing', '--python', python, folder], { env, signal });
      const args = ['pip', 'install', '--quiet', '--no-deps', '--require-hashes', '--python', own, '-r', REQUIREMENTS];
      await runChild('uv', args, { env, signal });
    } else {
      await runChild(python, ['-m', 'venv', folder], { env, signal });
      const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '-r', REQUIREMENTS];
      await runChild(own, args, { env, signal });
    }
  };
  await tellWhile(install(), async (elapsed) => say(`  ${elapsed}: ${await megabytes(folder)}`));
  rmSync(temporary, { recursive: true, force: true });
  writeFileSync(join(folder, STAMP), '');
  say(`Superset is installed: ${await megabytes(folder)}, ${Math.round((performance.now() - began) / 1_000)} s`);
  return { python: own, id };
}

async function megabytes(folder: string): Promise<string> {
  // `du` fails if a file disappears, but still prints the size.
  const { stdout } = await runChild('du', ['-sk', folder]).catch((error: unknown) => {
    if (error instanceof ChildFailedError) return error;
    throw error;
  });
  return `${Math.round((Number.parseInt(stdout, 10) * 1_024) / 1_000_000)} MB`;
}
