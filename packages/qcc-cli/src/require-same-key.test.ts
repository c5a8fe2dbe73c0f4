import type { StatedKey } from 'qcc-clickhouse/key-ids';
import { expect, test } from 'vitest';
import { requireSameKey } from './require-same-key.ts';

const sinkWith = (keyId: string | null, host = 'sink-1'): StatedKey => ({ keyId, host });

test.each<[string, string | null, StatedKey[], RegExp | null]>([
  ['the same key', 'a', [sinkWith('a')], null],
  ['no key anywhere', null, [sinkWith(null)], null],
  ['another key', 'a', [sinkWith('b')], /ERASURE_KEY here is key a, and the sink on sink-1 has key b: give the same/],
  [
    'a key that one of two sinks does not have',
    'a',
    [sinkWith('a'), sinkWith('b', 'sink-2')],
    /the sink on sink-2 has/,
  ],
  ['a key that the sink does not have', 'a', [sinkWith(null)], /key a, and the sink on sink-1 has none/],
  ['no key, while the sink has one', null, [sinkWith('b')], /not set here, and the sink on sink-1 has key b/],
  ['a key that no sink could state', 'a', [], /no sink has stated/],
])('%s', (_, here, stated, problem) => {
  const check = () => requireSameKey('ERASURE_KEY', here, stated);
  if (problem === null) expect(check).not.toThrow();
  else expect(check).toThrow(problem);
});
