import { expect, test } from 'vitest';
import { changeRecord } from '../testing/change-record.ts';
import { avroType, encodeAvro } from './types.ts';

const type = avroType('records');

test.each([0, 1, 1_000, 65_000, 65_535, 65_536, 200_000])(
  'a value with %i bytes of text is encoded as avsc does',
  (length) => {
    const record = changeRecord({ changeContent: 'x'.repeat(length) });
    expect(encodeAvro(type, record).equals(type.toBuffer(record))).toBe(true);
  },
);

test('what was encoded before stays as it was', () => {
  const first = encodeAvro(type, changeRecord({ id: 'first' }));
  encodeAvro(type, changeRecord({ id: 'other' }));
  expect(type.fromBuffer(first)).toMatchObject({ id: 'first' });
});

test('what is no value of the type is refused', () => {
  expect(() => encodeAvro(type, { ...changeRecord(), position: 'first' })).toThrow();
});
