import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDigestMap } from './digest-map.ts';

const names = Array.from({ length: 300 }, (_, nth) => `order ${nth}`);
const step = fc.record({
  name: fc.constantFrom(...names),
  value: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 65_534 })),
});

test('after any sequence of sets and deletes, it holds the same values as a Map', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_000, size: 'max' }), (steps) => {
      const [map, expected] = [createDigestMap(), new Map<string, number>()];
      for (const { name, value } of steps) {
        if (value === null) {
          map.delete(name);
          expected.delete(name);
        } else {
          map.set(name, value);
          expected.set(name, value);
        }
      }
      expect(map.size).toBe(expected.size);
      expect(names.map((name) => map.get(name))).toEqual(names.map((name) => expected.get(name)));
    }),
    { seed: 20_261_129, numRuns: 200 },
  );
});

test('100,000 texts are found, each with its own value, and no other text is', () => {
  const map = createDigestMap();
  for (let nth = 0; nth < 100_000; nth += 1) map.set(`order ${nth}`, nth % 65_535);
  expect(map.size).toBe(100_000);
  const wrong: number[] = [];
  for (let nth = 0; nth < 100_000; nth += 1) {
    if (map.get(`order ${nth}`) !== nth % 65_535 || map.get(`other ${nth}`) !== undefined) wrong.push(nth);
  }
  expect(wrong).toEqual([]);
});
