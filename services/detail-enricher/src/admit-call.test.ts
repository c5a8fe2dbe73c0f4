import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCallAdmission, GateClosedError } from './admit-call.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a call that waited for the rate is not made once the gate has closed', async () => {
  let closedFor: 'GATE_CLOSED' | null = null;
  const admit = createCallAdmission({ gate: { closedFor: () => closedFor }, ratePerSecond: 1, now: Date.now });
  const calls = [admit(), admit()];
  await vi.advanceTimersByTimeAsync(500);
  closedFor = 'GATE_CLOSED';
  const results = Promise.allSettled(calls);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await results).toEqual([
    { status: 'fulfilled', value: undefined },
    { status: 'rejected', reason: expect.any(GateClosedError) },
  ]);
});

test('no more calls begin in a second than the rate allows', async () => {
  const admit = createCallAdmission({ gate: { closedFor: () => null }, ratePerSecond: 20, now: Date.now });
  let begun = 0;
  for (let call = 0; call < 100; call++) void admit().then(() => begun++);
  const perSecond: number[] = [];
  for (let second = 0; second < 5; second++) {
    const before = begun;
    await vi.advanceTimersByTimeAsync(second === 0 ? 999 : 1_000);
    perSecond.push(begun - before);
  }
  expect(perSecond).toEqual([20, 20, 20, 20, 20]);
});
