import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLong, sizeOfLong, writeLong } from './long.ts';

const INT = avsc.Type.forSchema('int');

test('every integer of 32 bits is written as avsc writes it, and read back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.integer({ min: -200, max: 20_000 })), (value) => {
      const target = Buffer.alloc(12);
      const end = writeLong(target, 3, value);
      expect(target.subarray(3, end)).toEqual(INT.toBuffer(value));
      expect(sizeOfLong(value)).toBe(end - 3);
      const cursor = { at: 3 };
      expect([readLong(target, cursor), cursor.at]).toEqual([value, end]);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
