import { expect, test, vi } from 'vitest';
import { type PartState, type Probe, watchProbe } from './watch-probe.ts';

const LIMIT_MS = 100;

/** A part that the test lets answer, or not. */
function openPart() {
  const states: PartState[] = [];
  const part = { answer: 'well' as string | null, asked: 0, aborted: 0, isDisposed: false };
  const probe: Probe = {
    what: 'the part',
    async ask(signal) {
      part.asked += 1;
      if (part.answer === 'well') return null;
      if (part.answer !== null) return part.answer;
      return await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          part.aborted += 1;
          reject(signal.reason);
        });
      });
    },
    async [Symbol.asyncDispose]() {
      part.isDisposed = true;
    },
  };
  return { part, states, watch: () => watchProbe(probe, (state) => states.push(state), { limitMs: LIMIT_MS }) };
}

const SILENT = { kind: 'silent', problem: 'the part does not answer within 0.1 s' };

test('a part that stops answering is silent after the limit, and well again once it answers', async () => {
  const { part, states, watch } = openPart();
  await using _watching = watch();
  await vi.waitFor(() => expect(states).toContainEqual({ kind: 'well' }));
  expect(states).not.toContainEqual(SILENT);
  part.answer = null;
  await vi.waitFor(() => expect(states.at(-1)).toEqual(SILENT));
  // The question that hung is given up, and others follow.
  await vi.waitFor(() => expect(part.aborted).toBeGreaterThan(1));
  part.answer = 'well';
  await vi.waitFor(() => expect(states.at(-1)).toEqual({ kind: 'well' }));
});

test('a part that never answers is silent after the limit, and what refuses is not', async () => {
  const { part, states, watch } = openPart();
  part.answer = null;
  await using _watching = watch();
  await vi.waitFor(() => expect(states).toEqual([SILENT]), { interval: 5 });
  part.answer = 'it is not let in';
  await vi.waitFor(() => expect(states.at(-1)).toEqual({ kind: 'refuses', problem: 'it is not let in' }));
});

test('nothing is asked or told once the watch is disposed', async () => {
  const { part, states, watch } = openPart();
  part.answer = null;
  const watching = watch();
  await watching[Symbol.asyncDispose]();
  const { asked } = part;
  await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS));
  expect([part.isDisposed, part.aborted, part.asked, states]).toEqual([true, 1, asked, []]);
});
