import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rawMembers } from './raw-members.ts';

it.each<[string, string, [string, string][]]>([
  ['no members', ' { } ', []],
  [
    'numbers past 2^53 with their digits',
    '{"a":12345678901234567890, "b":1.0}',
    [
      ['a', '12345678901234567890'],
      ['b', '1.0'],
    ],
  ],
  [
    'nested values as they stand',
    '{"a": {"b" : [1, "}"]} ,"c":[]}',
    [
      ['a', '{"b" : [1, "}"]}'],
      ['c', '[]'],
    ],
  ],
  [
    'strings with quotes and backslashes',
    '{"a":"\\"\\\\","b":"{"}',
    [
      ['a', '"\\"\\\\"'],
      ['b', '"{"'],
    ],
  ],
  ['escaped keys', '{"\\u0061\\"":1}', [['a"', '1']]],
  ['the last of equal keys', '{"a":1,"a":2}', [['a', '2']]],
  ['__proto__ as a key like any other', '{"__proto__":{"x":1}}', [['__proto__', '{"x":1}']]],
])('rawMembers keeps %s', (_, json, members) => {
  expect([...rawMembers(json, 64)!]).toEqual(members);
});

it('rawMembers stops at values that are nested too deep', () => {
  const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  expect(rawMembers(nested(64), 64)).not.toBeNull();
  expect(rawMembers(nested(65), 64)).toBeNull();
  expect(rawMembers(nested(100_000), 64)).toBeNull();
});

it('rawMembers agrees with JSON.parse on any object', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1), (object, indent) => {
      const members = rawMembers(JSON.stringify(object, null, indent), 64)!;
      const values = [...members].map(([key, json]) => [key, JSON.parse(json)]);
      expect(Object.fromEntries(values)).toEqual(JSON.parse(JSON.stringify(object)));
    }),
    { seed: 3 },
  );
});
