import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { anyScript } from './faults.ts';
import { describeOutcome, runScript } from './run-script.ts';

vi.mock('node:timers/promises', () => import('./timers-promises.ts'));

/** More of them for whoever has the time: `MODEL_RUNS=1000 MODEL_SEED=7`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 10);
const SEED = Number(process.env.MODEL_SEED ?? 1);
const LIMIT_MS = 60_000 + RUNS * 20_000;

test('whatever fails, each input message is in the output exactly once and in its order, and in the end every instance works', {
  timeout: LIMIT_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyScript, async (script) => {
      const outcome = await runScript(script);
      if (outcome.problems.length > 0) throw new Error(describeOutcome(outcome));
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

test('a script has one outcome: the same faults at the same moments, and the same order of messages', async () => {
  const script = fc.sample(anyScript, { seed: SEED, numRuns: 1 })[0]!;
  const [first, second] = [await runScript(script), await runScript(script)];
  expect(second.story).toEqual(first.story);
  expect(second.lines.length).toBe(first.lines.length);
});

// The log grows past what was read before anybody asks for its end: only leader epochs tell that it is another log.
test('messages that follow an unclean election at once are processed, or a service says that it does not know', async () => {
  const loss = { kind: 'loseInput', partition: 1, count: 3 } as const;
  const script = { seed: 2_079_928_142, faults: [{ atMs: 6_000, fault: loss }] };
  const { problems } = await runScript(script, { settleLimitMs: 60_000 });
  expect(problems).toEqual([]);
});
