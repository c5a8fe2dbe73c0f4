// Runs a TypeScript file on the repository's own Node, which the npm package `node` brings and which strips types by itself.
// In the syntax of Node 12, see stack/places.mjs.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../stack/places.mjs';

// kafkajs computes timeouts that newer releases of Node warn about, once per process.
const FLAGS = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];

/**
 * Runs a script to its end, with this process's streams, and takes over its exit code.
 * @param {string} script path of a .ts file
 * @param {readonly string[]} args
 */
export async function runOnRepositoryNode(script, args) {
  const node = join(ROOT, 'node_modules', '.bin', 'node');
  if (!existsSync(node)) {
    console.error(`${node} is missing: run \`npm ci\` in ${ROOT} first.`);
    process.exitCode = 1;
    return;
  }
  // The channel closes if this process is killed: that tells the child to end.
  const child = spawn(realpathSync(node), [...FLAGS, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // A Ctrl-C in a terminal also reaches the child directly. The child treats both signals as one.
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${node} cannot be run: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : Number(code)));
  });
}
