import { expect, test } from 'vitest';
import { createCallAdmission, GateClosedError } from './admit-call.ts';

test('a call that waited for the rate is not made once the gate has closed', async () => {
  const gate: { closed: 'GATE_CLOSED' | null } = { closed: null };
  const admit = createCallAdmission({ gate: { closedFor: () => gate.closed }, ratePerSecond: 100 });
  await admit();
  const second = admit();
  gate.closed = 'GATE_CLOSED';
  await expect(second).rejects.toThrow(GateClosedError);
  gate.closed = null;
  await expect(admit()).resolves.toBeUndefined();
});

test('calls begin no closer together than the rate allows', async () => {
  const admit = createCallAdmission({ gate: { closedFor: () => null }, ratePerSecond: 50 });
  const begun = await Promise.all(Array.from({ length: 5 }, () => admit().then(() => performance.now())));
  // Timers may fire late, one call by itself also early against a late one before it: the whole span is what counts.
  expect(begun.at(-1)! - begun[0]!).toBeGreaterThan(60);
});
