import { existsSync } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from 'qcc-core/base/errors';
import { runChild } from '../../stack/child.ts';
import { CACHE_DIR } from '../../stack/places.ts';
import type { Say } from './say.ts';

/** If the package index does not answer, only the rows that need it are left out. */
const INSTALLED_WITHIN_MS = 600_000;

/** Why Python or its libraries are not available. */
export type Absent = { absent: string };

/** A Python with the libraries that a file of requirements pins, in a separate environment among the downloads. */
export async function installPython(input: {
  /** Of the environment's folder. */
  name: string;
  /** A `requirements.txt`. */
  requirements: string;
  say: Say;
}): Promise<{ python: string } | Absent> {
  const folder = join(CACHE_DIR, input.name);
  const python = join(folder, 'bin', 'python');
  const installed = join(folder, 'requirements.txt');
  try {
    const wanted = await readFile(input.requirements, 'utf8');
    if (existsSync(installed) && (await readFile(installed, 'utf8')) === wanted) return { python };
    input.say(`installing the Python libraries of ${input.name} (once)`);
    await rm(folder, { recursive: true, force: true });
    const signal = AbortSignal.timeout(INSTALLED_WITHIN_MS);
    await runChild('python3', ['-m', 'venv', folder], { signal });
    const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '--requirement', input.requirements];
    await runChild(python, pip, { signal });
    await cp(input.requirements, installed);
    return { python };
  } catch (error) {
    return { absent: `its Python libraries could not be installed: ${describeError(error).split('\n')[0]}` };
  }
}
