import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { murmur2 } from './murmur2.ts';

const kafkajs: (key: Buffer) => number = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2.js',
);

test('a key of any bytes has the hash that kafkajs, and so Java, gives it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (key) => {
      expect(murmur2(key)).toBe(kafkajs(Buffer.from(key)));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

// From Kafka's own UtilsTest.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('%s has the hash %d', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});
