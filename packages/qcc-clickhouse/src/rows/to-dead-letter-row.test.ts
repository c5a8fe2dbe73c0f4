import { toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import { describe, expect, it } from 'vitest';
import { type DeadLetterMessage, toDeadLetterRow } from './to-dead-letter-row.ts';

const place = { topic: 'dead-letters', partition: 1, offset: '5', timestamp: '1615884600000' };
const row = (message: Partial<DeadLetterMessage>) => toDeadLetterRow({ key: null, value: null, ...message }, place);

describe('toDeadLetterRow', () => {
  it('reads what toDeadLetter wrote', () => {
    const { headers, key, value } = toDeadLetter({
      stage: 'archive-extractor',
      reason: 'RECORD_NOT_JSON',
      message: 'record 7 is no JSON',
      key: 'k1',
      bytes: Buffer.from('{"id":'),
      place: { topic: 'orders', partition: 2, offset: '9', account: 'main', orderNo: 'DD1', revision: 0, position: 7 },
      now: 1_615_884_598_123,
    });
    const message = { key: Buffer.from(key), value, ...(headers && { headers }) };
    expect(toDeadLetterRow(message, place)).toEqual({
      source_topic: 'dead-letters',
      source_partition: 1,
      source_offset: '5',
      source_time: 1_615_884_600_000,
      stage: 'archive-extractor',
      reason: 'RECORD_NOT_JSON',
      message: 'record 7 is no JSON',
      rejected_at: 1_615_884_598_123,
      origin_topic: 'orders',
      origin_partition: '2',
      origin_offset: '9',
      account: 'main',
      order_no: 'DD1',
      revision: '0',
      position: '7',
      key: 'k1',
      value: '{"id":',
      value_encoding: 'utf8',
      bytes: 6,
    });
  });

  it.each<[string, Partial<DeadLetterMessage>, object]>([
    ['no headers at all', {}, { stage: '', reason: '', rejected_at: null, origin_offset: null, position: null }],
    [
      'headers that make no sense',
      { headers: { 'qcc.dlq.time': 'soon', 'qcc.dlq.position': '-1', 'qcc.dlq.offset': '1e3' } },
      { rejected_at: null, position: null, origin_offset: null },
    ],
    ['a header given twice', { headers: { 'qcc.dlq.stage': ['one', 'two'] } }, { stage: 'one' }],
    [
      'bytes that are no text',
      { value: Buffer.from([0xff, 0]) },
      { value: '/wA=', value_encoding: 'base64', bytes: 2 },
    ],
    ['a tombstone', { value: null }, { value: null, bytes: 0 }],
  ])('keeps a letter with %s', (_, message, expected) => {
    expect(row(message)).toMatchObject(expected);
  });
});
