import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { anyScript, scriptOf } from './faults.ts';
import { describeOutcome, runScript } from './run-script.ts';

vi.mock('node:timers/promises', () => import('./timers-promises.ts'));

/** More of them for whoever has the time: `MODEL_RUNS=1000 MODEL_SEED=7`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 10);
const SEED = Number(process.env.MODEL_SEED ?? 1);
const limitMs = (runs: number): number => 60_000 + runs * 20_000;

test('whatever fails, each input message is in the output exactly once and in its order, and in the end every instance works', {
  timeout: limitMs(RUNS),
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, async (script) => {
      const outcome = await runScript(script);
      if (outcome.problems.length > 0) throw new Error(describeOutcome(outcome));
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

test('a script has one outcome: the same faults at the same moments, and the same order of messages', {
  timeout: limitMs(2),
}, async () => {
  const script = fc.sample(anyScript, { seed: SEED, numRuns: 1 })[0]!;
  const [first, second] = [await runScript(script), await runScript(script)];
  expect(second.story).toEqual(first.story);
  expect(second.lines.length).toBe(first.lines.length);
});

test('a table tells nothing again, however long a leader reports an older end', {
  timeout: limitMs(5),
}, async () => {
  for (const script of fc.sample(scriptOf(['lagTable'], 12), { seed: SEED, numRuns: 5 })) {
    const { problems } = await runScript(script);
    expect(problems).toEqual([]);
  }
});

const loses = (partition: number, count: number) => ({ kind: 'loseInput', partition, count }) as const;
// Only leader epochs tell then that it is another log.
test.each([
  ['the log grows past what was read', { seed: 2_079_928_142, faults: [{ atMs: 6_000, fault: loses(1, 3) }] }],
  ['the log grows to just what was read', { seed: 1_496_843_681, faults: [{ atMs: 7_351, fault: loses(1, 3) }] }],
])(
  'messages that follow an unclean election are processed, or a service says that it does not know: %s',
  async (_name, script) => {
    const { problems } = await runScript(script, { settleLimitMs: 60_000 });
    expect(problems).toEqual([]);
  },
);
