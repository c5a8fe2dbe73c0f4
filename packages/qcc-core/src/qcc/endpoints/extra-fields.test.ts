import { expect, test } from 'vitest';
import { EXTRA_MAX_BYTES, extraFields } from './extra-fields.ts';

const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

test.each<[string, [string, unknown][], string | null]>([
  ['no fields', [], null],
  [
    'fields in their order',
    [
      ['zeta', 1],
      ['alpha', 'x'],
    ],
    '{"zeta":1,"alpha":"x"}',
  ],
  [
    'every kind of value',
    [
      ['a', null],
      ['b', [true, { c: 1.5 }]],
      ['d', ''],
    ],
    '{"a":null,"b":[true,{"c":1.5}],"d":""}',
  ],
  [
    'names that are special to JavaScript',
    [
      ['__proto__', 1],
      ['constructor', 2],
    ],
    '{"__proto__":1,"constructor":2}',
  ],
  [
    'a field of QCC with the name of the count, as one that is left out',
    [
      ['_leftOut', 'x'],
      ['a', 1],
    ],
    '{"a":1,"_leftOut":1}',
  ],
  ['half a character', [['half', '\ud800']], '{"half":"\\ud800"}'],
  [
    'a value nested too deep to write',
    [
      ['deep', nested(20_000)],
      ['b', 2],
    ],
    '{"b":2,"_leftOut":1}',
  ],
  [
    'a value that is too large',
    [
      ['a', 1],
      ['large', '企'.repeat(3_000)],
      ['b', 2],
    ],
    '{"a":1,"b":2,"_leftOut":1}',
  ],
  ['nothing but what is too large', [['large', 'x'.repeat(EXTRA_MAX_BYTES)]], '{"_leftOut":1}'],
])('keeps %s', (_, fields, expected) => {
  expect(extraFields(fields)).toBe(expected);
});

test('a hundred thousand fields stay within the limit, and the text stays JSON', () => {
  const fields = Array.from({ length: 100_000 }, (_, index) => [`字段${index}`, index] as const);
  const text = extraFields(fields)!;
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(EXTRA_MAX_BYTES);
  const kept: Record<string, number> = JSON.parse(text);
  expect(Object.keys(kept).length - 1 + kept._leftOut!).toBe(100_000);
});
