import type { DetailGate } from 'qcc-core/contract/domain';
import { expect, test } from 'vitest';
import { closureOf, NO_CLOSURES, readClosure } from './closure.ts';

const entry = (given: Partial<DetailGate>): DetailGate => ({
  account: 'main',
  state: 'CLOSED',
  class: 'pause',
  reason: 'QCC_116',
  message: null,
  until: 100,
  since: 1,
  by: 'other',
  ...given,
});
const OPEN = entry({ state: 'OPEN', class: null, until: null });
const PROBE = entry({ state: 'PROBE', class: null, until: null, since: 50 });

test.each<[string, DetailGate[], number | null]>([
  ['nothing was said', [], null],
  ['one instance closed it', [entry({})], 100],
  ['it was opened again', [entry({}), OPEN], null],
  ['it was closed again', [entry({}), OPEN, entry({ until: 300 })], 300],
  ['two instances closed it, the longer first', [entry({ until: 200 }), entry({ until: 100, class: 'stop' })], 200],
  ['two instances closed it, the longer last', [entry({ until: 100, class: 'stop' }), entry({ until: 200 })], 200],
  ['a person asked for a probe', [entry({}), PROBE], PROBE.since],
  ['it was closed anew after a probe', [entry({}), PROBE, entry({ until: 300 })], 300],
  ['a probe found it open', [entry({}), PROBE, OPEN], null],
  ['a person only agreed', [entry({ state: 'CONSENT', class: null, until: null })], null],
  ['a later release says what this one does not know', [entry({}), entry({ state: 'HALF_OPEN', until: null })], 100],
])('%s', (_, entries, until) => {
  expect(closureOf(entries.reduce(readClosure, NO_CLOSURES))?.until ?? null).toBe(until);
});

test("a closure of one's own holds until it is read back, whatever was said before it on the topic", () => {
  const own = { until: 100, since: 5, by: 'me' };
  const opened = readClosure({ known: null, own }, OPEN);
  expect(closureOf(opened)).toEqual(own);
  const readBack = readClosure(opened, entry(own));
  expect(readBack).toEqual({ known: own, own: null });
  expect(closureOf(readClosure(readBack, OPEN))).toBeNull();
});
