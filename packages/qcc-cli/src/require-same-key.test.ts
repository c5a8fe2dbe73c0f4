import { expect, test } from 'vitest';
import { requireSameKey } from './require-same-key.ts';

test.each<[string, string | null, string | null | undefined, RegExp | null]>([
  ['the same key', 'a', 'a', null],
  ['no key anywhere', null, null, null],
  ['another key', 'a', 'b', /ERASURE_KEY here is key a, and the sink has key b: give the same/],
  ['a key that the sink does not have', 'a', null, /key a, and the sink has none/],
  ['no key, while the sink has one', null, 'b', /not set here, and the sink has key b/],
  ['a key that no sink could state', 'a', undefined, /no sink has stated/],
])('%s', (_, here, sinks, problem) => {
  const check = () => requireSameKey('ERASURE_KEY', here, sinks);
  if (problem === null) expect(check).not.toThrow();
  else expect(check).toThrow(problem);
});
