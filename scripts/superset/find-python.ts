import { runChild } from '../../stack/child.ts';
import { MissingError } from './missing.ts';

/** Runs a program to its end and returns what it printed; throws if it cannot be started or fails. */
export type Run = (command: string, args: readonly string[]) => Promise<{ stdout: string }>;

/** The program that installs, and the Python that Superset runs on. */
export type Python = { installer: 'uv' | 'pip'; python: string; version: string };

/** Those for which the pinned pandas and numpy have wheels. */
const VERSIONS = ['3.12', '3.11', '3.10'] as const;
const NAMES = [...VERSIONS.map((version) => `python${version}`), 'python3', 'python'];
const REMEDY =
  'Install one (Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.12; or uv, https://docs.astral.sh/uv/, ' +
  'which brings its own), or set QCC_PYTHON to it.';

/**
 * @param env QCC_PYTHON names the Python, and then no other is tried.
 * @throws MissingError that says what is missing and how to get it.
 */
export async function findPython(
  env: Readonly<Record<string, string | undefined>>,
  run: Run = (command, args) => runChild(command, args),
): Promise<Python> {
  const hasUv = await run('uv', ['--version']).then(
    () => true,
    () => false,
  );
  const seen: string[] = [];
  for (const name of env.QCC_PYTHON ? [env.QCC_PYTHON] : NAMES) {
    const version = await versionOf(name, run);
    if (version === undefined) continue;
    if (!VERSIONS.some((each) => each === version)) {
      seen.push(`${name} is ${version}`);
      continue;
    }
    if (hasUv) return { installer: 'uv', python: name, version };
    if (await hasVenv(name, run)) return { installer: 'pip', python: name, version };
    seen.push(`${name} lacks the modules venv and ensurepip (Debian and Ubuntu: apt-get install python3-venv)`);
  }
  // It downloads a Python where the machine has none.
  if (hasUv && !env.QCC_PYTHON) return { installer: 'uv', python: '3.12', version: '3.12' };
  const what = env.QCC_PYTHON ? `QCC_PYTHON is ${env.QCC_PYTHON}, which is not a Python 3.10, 3.11 or 3.12` : undefined;
  throw new MissingError(
    [
      what ?? 'Superset needs Python 3.10, 3.11 or 3.12, and there is none',
      ...(seen.length > 0 ? [` (${seen.join(', ')})`] : []),
      `. ${REMEDY}`,
    ].join(''),
  );
}

async function versionOf(name: string, run: Run): Promise<string | undefined> {
  try {
    const { stdout } = await run(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

const hasVenv = (name: string, run: Run): Promise<boolean> =>
  run(name, ['-c', 'import venv, ensurepip']).then(
    () => true,
    () => false,
  );
