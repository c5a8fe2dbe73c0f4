/**
 * `npm test`: lint, then types and the short form of the unit, integration and end-to-end tests. `npm run test:whole`: the whole form of the
 * files that the short form does not run completely. Arguments go to vitest. The last line says how many tests passed and failed. The
 * exit code is 0 if nothing failed and at least one test ran. Failures are also added to the file that FAILURES_FILE names.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../stack/child.ts';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';
import { type Counts, noteFailure } from './count-reporter.ts';
import { describeLeft, formArguments, takeForm } from './test-form.ts';

const { form, rest } = takeForm(process.argv.slice(2));
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name);
endWithMe();
const countsFile = join(openScratchFolder('test'), 'counts.json');

// The whole form follows a run of `npm test`, which has checked the code.
const isChecked = form === 'whole';
const lint = isChecked || (await run('lint', bin('biome'), ['ci']));
// It ends while the first tests wait for Kafka.
const types = isChecked || run('types', bin('tsc'), ['--project', '.']);
const tests = await run('tests', process.execPath, [
  ...process.execArgv,
  join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  `--reporter=${join(import.meta.dirname, 'count-reporter.ts')}`,
  ...(await formArguments(form, rest, ROOT)),
]);
const held = [lint, await types, tests];
const counts = readCounts();

const ran = counts.passed + counts.failed > 0;
if (!ran) console.error('no test ran');
if (counts.left > 0) console.log(describeLeft(counts.left, rest));
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
);
process.exitCode = held.every(Boolean) && ran && counts.failed === 0 ? 0 : 1;

async function run(name: string, command: string, args: readonly string[]): Promise<boolean> {
  console.log(`\n> ${name}`);
  const child = startChild(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, COUNTS_FILE: countsFile, TEST_FORM: form },
  });
  const ended = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} cannot be run: ${error.message}`);
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
  if (!ended) {
    console.error(`${name}: failed`);
    noteFailure(`${name}: failed`);
  }
  return ended;
}

/** A run that broke before its end left no counts. */
function readCounts(): Counts {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0, left: 0 };
  }
}
