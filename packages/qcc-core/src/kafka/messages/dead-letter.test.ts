import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TOPICS } from '../../contract/topics.ts';
import { fitsTopic } from '../client/message-too-large-error.ts';
import { toDeadLetter } from './dead-letter.ts';

type Given = Parameters<typeof toDeadLetter>[0];

const deadLetter = (given: Partial<Given>) =>
  toDeadLetter({
    stage: 'sink',
    reason: 'MESSAGE_UNDECODABLE',
    message: 'no Avro',
    key: 'k',
    bytes: Buffer.from('value'),
    place: { topic: 'orders', partition: 2, offset: '9', account: 'main' },
    now: 1_615_884_598_123,
    ...given,
  });
const digestOf = (text: string) => ({
  bytes: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});

test('what is small enough is kept as it came', () => {
  const { topic, key, value, headers } = deadLetter({ key: '企'.repeat(341) });
  expect([topic, key, value]).toEqual([TOPICS.deadLetters, '企'.repeat(341), Buffer.from('value')]);
  expect(headers).not.toHaveProperty('qcc.dlq.digest');
});

test.each([
  { what: 'a value', given: { bytes: Buffer.alloc(262_145, 'a') }, digest: digestOf('a'.repeat(262_145)) },
  {
    what: 'a key in characters of three bytes',
    given: { key: '企'.repeat(342) },
    digest: { ...digestOf('value'), key: digestOf('企'.repeat(342)) },
  },
  {
    what: 'the key of a tombstone',
    given: { key: 'k'.repeat(1_025), bytes: null },
    digest: { bytes: null, sha256: null, key: digestOf('k'.repeat(1_025)) },
  },
])('of $what that is too large, a digest says what it was and where it came from', ({ given, digest }) => {
  const { value, headers } = deadLetter(given);
  expect(JSON.parse(String(value))).toEqual({
    of: 'original',
    ...digest,
    place: { topic: 'orders', partition: 2, offset: '9', account: 'main' },
  });
  expect(headers).toMatchObject({ 'qcc.dlq.digest': 'true' });
});

test('a key is cut between two characters', () => {
  expect(deadLetter({ key: `ab${'😀'.repeat(300)}` }).key).toBe(`ab${'😀'.repeat(255)}`);
});

test('the dead letter of every original fits the topic', () => {
  const long = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat({ max: 100_000 }).map((length) => '企'.repeat(length)),
    fc.nat({ max: 2_000 }).map((length) => '\u0000'.repeat(length)),
  );
  const place = fc.record(
    {
      topic: long,
      partition: fc.nat(),
      offset: long,
      account: long,
      orderNo: long,
      revision: fc.nat(),
      position: fc.nat(),
    },
    { requiredKeys: ['topic', 'partition', 'offset', 'account'] },
  );
  const bytes = fc.option(
    fc.nat({ max: 1_200_000 }).map((length) => Buffer.alloc(length)),
    { nil: null },
  );
  fc.assert(
    fc.property(fc.record({ stage: long, message: long, key: long, bytes, place }), (given) => {
      const made = deadLetter(given as Partial<Given>);
      expect(fitsTopic(made)).toBe(true);
      expect(fitsTopic({ ...made, topic: { ...made.topic, maxMessageBytes: 400_000 } })).toBe(true);
    }),
    { seed: 4, numRuns: 60 },
  );
});
