import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { ChildFailedError, runChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import type { Say } from '../harness/say.ts';

/** Versions, and a lock that holds the hash of every package and no address. */
const PINS = join(import.meta.dirname, 'clients');
const FOLDER = join(ROOT, '.stack', 'clients');
const STAMP = join(FOLDER, 'installed.json');
const BINDING = join(FOLDER, 'node_modules', '@confluentinc', 'kafka-javascript');

/** Seconds that the installation took on this machine, when it last ran. */
export type Installation = { lock: string; downloadSeconds: number; compileSeconds: number };

export class ClientInstallError extends Error {
  override readonly name = 'ClientInstallError';
}

/**
 * Installs the clients that are not dependencies of the repository, once, into an ignored folder. No install script of
 * a package runs: the binding of librdkafka would download a binary. It is compiled instead, from the sources in its
 * package, with the headers of the `node` package.
 * @throws ClientInstallError that names what is missing.
 */
export async function installClients(say: Say): Promise<Installation> {
  const lock = createHash('sha256')
    .update(await readFile(join(PINS, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(STAMP) ? (JSON.parse(await readFile(STAMP, 'utf8')) as Installation) : undefined;
  if (installed?.lock === lock) return installed;
  say('installing the other clients (once)');
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) await cp(join(PINS, file), join(FOLDER, file));
  const downloadSeconds = await timed(() =>
    attempt('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], FOLDER, {}),
  );
  await findBuildTools();
  say('compiling librdkafka and its binding');
  const compileSeconds = await timed(compile);
  const installation = { lock, downloadSeconds, compileSeconds };
  await writeFile(STAMP, JSON.stringify(installation));
  return installation;
}

/** A package of that folder. @throws Error if it has not been installed. */
export function loadClient<Library>(name: string): Library {
  return createRequire(join(FOLDER, 'package.json'))(name) as Library;
}

async function compile(): Promise<void> {
  const headers = join(ROOT, 'node_modules', 'node', 'node_modules', `node-${process.platform}-${process.arch}`);
  const nodeGyp = join(FOLDER, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  await attempt(process.execPath, [nodeGyp, 'rebuild', `--nodedir=${headers}`], BINDING, {
    // Otherwise its configure script downloads OpenSSL and others.
    CKJS_LINKING: 'dynamic',
    // librdkafka's Makefile fails under a job server that it did not start.
    MAKEFLAGS: '',
    PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
  });
}

/** What is needed to compile, and Debian's package that holds it. */
const TOOLS = { 'g++': 'g++', make: 'make', python3: 'python3' } as const;
const HEADERS = { 'openssl/ssl.h': 'libssl-dev', 'zlib.h': 'zlib1g-dev' } as const;

async function findBuildTools(): Promise<void> {
  const missing: string[] = [];
  for (const [tool, holder] of Object.entries(TOOLS)) {
    if (!(await succeeds(tool, ['--version']))) missing.push(`${tool} (Debian: ${holder})`);
  }
  if (missing.length === 0) {
    for (const [header, holder] of Object.entries(HEADERS)) {
      const probe = ['-c', `echo '#include <${header}>' | g++ -E -x c++ - > /dev/null`];
      if (!(await succeeds('sh', probe))) missing.push(`the header ${header} (Debian: ${holder})`);
    }
  }
  if (missing.length > 0) throw new ClientInstallError(`librdkafka cannot be compiled without ${missing.join(', ')}`);
}

const succeeds = (command: string, args: readonly string[]): Promise<boolean> =>
  runChild(command, args).then(
    () => true,
    () => false,
  );

async function attempt(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  // npm's variables in the environment say how to build for the Node that runs npm, which may be a different one.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  try {
    await runChild(command, args, { cwd, env: { ...inherited, ...env } });
  } catch (error) {
    const output = error instanceof ChildFailedError ? error.stderr : '';
    const reason = output.split('\n').find((line) => /error|ERR!/i.test(line)) ?? String(error);
    throw new ClientInstallError(`${command} ${args[0]} failed in ${cwd}: ${reason.trim()}`, { cause: error });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round((performance.now() - began) / 100) / 10;
}
