// In the syntax of Node 12, see stack/places.mjs.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../stack/places.mjs';
import { tellWhile } from '../stack/tell-while.mjs';

const LOCK = join(ROOT, 'package-lock.json');
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.installed-lock.sha256');
const NPM_STAMP = join(MODULES, '.package-lock.json');

/** If our stamp is missing, the user may have run npm. Then npm's own note of the installation is newer than the lock file. */
export function isInstalled() {
  if (existsSync(STAMP)) return readFileSync(STAMP, 'utf8') === lockHash();
  return existsSync(NPM_STAMP) && statSync(NPM_STAMP).mtimeMs >= statSync(LOCK).mtimeMs;
}

/**
 * Installs the dependencies by `npm ci`, and tells meanwhile how long it has taken and how much is there.
 * @param {(line: string) => void} tell
 * @returns {Promise<number>} an exit code; unless it is 0, the reason was told
 */
export async function install(tell) {
  tell('installing the dependencies, once: about 1 GB …');
  const { code, output, signal } = await tellWhile(runNpm(), async (elapsed) => {
    const size = await sizeOf(MODULES);
    tell(`  installing the dependencies: ${elapsed}${size}`);
  });
  if (code === 0) {
    writeFileSync(STAMP, lockHash());
    return 0;
  }
  if (signal !== undefined) {
    tell(`ended by ${signal}; the next run installs the dependencies from the beginning`);
    return 128 + constants.signals[signal];
  }
  // npm gives the reason first and its manual after it.
  tell(output.trim().split('\n').slice(0, 15).join('\n'));
  tell(`The dependencies could not be installed. ${remedyFor(output)}`);
  return 1;
}

/** @returns {Promise<{ code: number, output: string, signal: NodeJS.Signals | undefined }>} `signal`: which one this process got */
function runNpm() {
  const { npm_execpath: npm, ...env } = process.env;
  const [file, ...before] = npm ? [process.execPath, npm] : ['npm'];
  const args = [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(String(file), args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    /** @type {NodeJS.Signals | undefined} */
    let got;
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      got = signal;
      // npm would first finish what it has begun, and then undo it, for minutes. The next `npm ci` begins with an empty folder.
      child.kill('SIGKILL');
    };
    for (const signal of signals) process.on(signal, pass);
    /** @param {number} code */
    const end = (code) => {
      for (const signal of signals) process.removeListener(signal, pass);
      resolve({ code, output, signal: got });
    };
    child.once('error', (error) => {
      output += error.message;
      end(1);
    });
    child.once('close', (code) => end(code === null ? 1 : code));
  });
}

const UNREACHABLE =
  /\b(E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH)|ERR_SOCKET|network)\b/;

/** @param {string} output */
function remedyFor(output) {
  if (UNREACHABLE.test(output)) return 'Check that the npm registry can be reached, then try again.';
  if (/\bENOSPC\b/.test(output)) return 'The disk is full: make room, then try again.';
  return 'npm says why above.';
}

/**
 * @param {string} folder
 * @returns {Promise<string>} `, 123 MB`, or nothing where it cannot be told
 */
function sizeOf(folder) {
  return new Promise((resolve) => {
    execFile('du', ['-sk', folder], (_, stdout) => {
      const kibibytes = Number.parseInt(stdout, 10);
      resolve(kibibytes > 0 ? `, ${Math.round((kibibytes * 1_024) / 1_000_000)} MB` : '');
    });
  });
}

function lockHash() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex');
}
