/**
 * `npm test`: lint, types, then the unit, integration and end-to-end tests; arguments go to vitest. The last line says
 * how many tests passed and failed; the exit code says whether everything held, and that some test ran at all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOrphans } from '../stack/orphans.ts';
import { ROOT } from '../stack/places.ts';
import type { Counts } from './count-reporter.ts';

const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name);
const scratch = mkdtempSync(join(tmpdir(), 'qcc-test-'));
const countsFile = join(scratch, 'counts.json');

let running: ChildProcess | undefined;
let interrupted = false;
// A Ctrl-C reaches the part that runs too; whoever else wants an end tells this process alone, which then sums up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    if (signal !== 'SIGINT') running?.kill('SIGTERM');
  });
}

const held = [
  await run('lint', bin('biome'), ['ci']),
  await run('types', bin('tsc'), ['--project', '.']),
  await run('tests', process.execPath, [
    ...process.execArgv,
    join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(import.meta.dirname, 'count-reporter.ts')}`,
    ...process.argv.slice(2),
  ]),
];
const counts = readCounts();
// vitest that is told to end does so at once, and leaves the stack to us.
await endOrphans();
rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });

const ran = counts.passed + counts.failed > 0;
if (!ran) console.error('no test ran');
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
);
process.exitCode = held.every(Boolean) && ran && counts.failed === 0 && !interrupted ? 0 : 1;

async function run(name: string, command: string, args: readonly string[]): Promise<boolean> {
  if (interrupted) return false;
  console.log(`\n> ${name}`);
  const env = { ...process.env, COUNTS_FILE: countsFile, TMPDIR: scratch };
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env });
  running = child;
  const ended = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} cannot be run: ${error.message}`);
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
  running = undefined;
  if (!ended) console.error(`${name}: failed`);
  return ended;
}

/** A run that broke before its end left no counts. */
function readCounts(): Counts {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
