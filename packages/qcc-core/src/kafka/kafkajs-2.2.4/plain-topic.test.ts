import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packRecords } from '../wire/record-batch.ts';
import { collectRecords, plainTopic } from './plain-topic.ts';

test('messages are given to kafkajs as they were added, each with its partition', () => {
  const records = collectRecords();
  records.add('键', Buffer.from('value'), { name: 'header' });
  records.add('gone', null);
  expect(plainTopic('records', new Map([[3, records]]))).toEqual({
    topic: 'records',
    messages: [
      { key: '键', value: Buffer.from('value'), headers: { name: 'header' }, partition: 3 },
      { key: 'gone', value: null, partition: 3 },
    ],
  });
});

test('the size of a batch is never underestimated', () => {
  const message = fc.record({
    key: fc.string({ unit: 'grapheme', maxLength: 20 }),
    value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
    headers: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ unit: 'grapheme', maxLength: 10 }), { maxKeys: 3 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
      const [plain, packed] = [collectRecords(), packRecords()];
      for (const { key, value, headers } of messages) {
        plain.add(key, value, headers);
        packed.add(key, value, headers);
      }
      expect(plain.byteLength).toBeGreaterThanOrEqual(packed.byteLength);
    }),
    { seed: 14 },
  );
});

test('a record that would exceed the limit is not added', () => {
  const records = collectRecords();
  expect(records.add('key', Buffer.alloc(100), undefined, 1_000)).toBe(true);
  const { byteLength } = records;
  expect(records.add('key', Buffer.alloc(1_000), undefined, 1_000)).toBe(false);
  expect(records.byteLength).toBe(byteLength);
  expect(records.messages).toHaveLength(1);
});
