/**
 * `npm run hostile`: sends the table of attacks at the real parts and writes what held to docs/security.md. The stack is
 * its own and gone at the end.
 */
import { parseArgs } from 'node:util';
import { describeError } from 'qcc-core/base/errors';
import { randomOf } from 'qcc-simulator/random';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import { openLiveStack } from '../test/harness/live-stack.ts';
import type { HostileFigures, HostileInput, HostileRow } from '../test/hostile/row.ts';
import { HOSTILE_ROWS } from '../test/hostile/rows/all.ts';
import { createTarget } from '../test/hostile/target.ts';
import { writeGeneratedDocs } from './docs.ts';
import { SECURITY_RUNS } from './hostile/render-security.ts';
import { chooseRows, codeCommit } from './kept-runs.ts';

const NAMES = HOSTILE_ROWS.map(({ name }) => name);

const USAGE = `npm run hostile                     all rows
npm run hostile -- --only ROW,ROW   some: ${NAMES.join(', ')}
npm run hostile -- --seed TEXT      another draw of attacks (default: hostile)
npm run hostile -- --short          as in npm test; nothing is written to docs`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'hostile' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(USAGE);
else await run(values);

async function run({ seed, only, short }: { seed: string; only?: string | undefined; short: boolean }): Promise<void> {
  const wanted = chooseRows(only, NAMES);
  const commit = codeCommit();
  endWithMe();
  openScratchFolder('hostile');
  await using stack = await openLiveStack((line) => console.log(line));
  await using target = createTarget(stack.env);
  for (const row of HOSTILE_ROWS.filter(({ name }) => wanted.includes(name))) {
    console.log(`\n> ${row.name}`);
    const began = performance.now();
    const figures = await runRow(row, { stack: stack.env, target, short, seed, began }).catch((error: unknown) => {
      console.error(`${row.name} could not be carried through: ${describeError(error)}`);
      process.exitCode = 1;
    });
    if (!figures) continue;
    console.log(figures);
    if (figures.broken > 0 || figures.problems.length > 0) process.exitCode = 1;
    if (short) continue;
    const { name, attack, mustHold } = row;
    const seconds = Math.round((performance.now() - began) / 1_000);
    SECURITY_RUNS.keep(name, {
      figures: { attack, mustHold, ...figures, seconds },
      command: `npm run hostile -- --only ${name} --seed ${seed}`,
      commit,
      order: NAMES,
    });
    writeGeneratedDocs([SECURITY_RUNS.file]);
  }
}

function runRow(
  row: HostileRow,
  { seed, began, ...input }: Pick<HostileInput, 'stack' | 'target' | 'short'> & { seed: string; began: number },
): Promise<HostileFigures> {
  return row.run({
    ...input,
    random: randomOf(seed, 'hostile', row.name),
    say: (line) => console.log(`  ${((performance.now() - began) / 1_000).toFixed(0)} s  ${line}`),
  });
}
