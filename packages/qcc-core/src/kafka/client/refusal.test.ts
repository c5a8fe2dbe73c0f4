import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { TOPICS } from '../../contract/topics.ts';
import { LaneBrokenError } from './errors.ts';
import { MessageTooLargeError } from './message-too-large-error.ts';
import { refusalOf } from './refusal.ts';

const require = createRequire(import.meta.url);
type ErrorClass = new (error: Error, metadata: object) => Error;
const {
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
}: Record<string, ErrorClass> = require('kafkajs/src/errors.js');
const { createErrorFromCode }: { createErrorFromCode(code: number): Error } = require('kafkajs/src/protocol/error.js');

test.each([
  { code: 10, type: 'MESSAGE_TOO_LARGE', reason: 'RECORD_TOO_LARGE' },
  { code: 18, type: 'RECORD_LIST_TOO_LARGE', reason: 'RECORD_TOO_LARGE' },
  { code: 87, type: 'INVALID_RECORD', reason: 'MESSAGE_REFUSED' },
  { code: 2, type: 'CORRUPT_MESSAGE', reason: undefined },
  { code: 6, type: 'NOT_LEADER_FOR_PARTITION', reason: undefined },
  { code: 19, type: 'NOT_ENOUGH_REPLICAS', reason: undefined },
  { code: 29, type: 'TOPIC_AUTHORIZATION_FAILED', reason: undefined },
  { code: 32, type: 'INVALID_TIMESTAMP', reason: undefined },
  { code: 47, type: 'INVALID_PRODUCER_EPOCH', reason: undefined },
])("the broker's $type means $reason, however it is wrapped", ({ code, type, reason }) => {
  const error = createErrorFromCode(code);
  expect(error).toMatchObject({ type });
  const wrapped = [
    error,
    new LaneBrokenError('the lane is broken', { cause: error }),
    new LaneBrokenError('the lane is broken', { cause: new KafkaJSNonRetriableError!(error, { cause: error }) }),
    new KafkaJSNumberOfRetriesExceeded!(error, { retryCount: 1, retryTime: 1, cause: error }),
  ];
  for (const each of wrapped) expect(refusalOf(each)?.reason).toBe(reason);
});

test('a message that was never sent because it is too large is refused for good', () => {
  const error = new MessageTooLargeError({ topic: TOPICS.records, key: 'k', value: Buffer.alloc(2_000_000) });
  expect(refusalOf(new LaneBrokenError('broken', { cause: error }))).toEqual({
    reason: 'RECORD_TOO_LARGE',
    message: 'a message for records has 2000075 bytes, 1 of them its key: the topic takes at most 1048576',
  });
});

test.each([undefined, null, 'MESSAGE_TOO_LARGE', new Error('MESSAGE_TOO_LARGE')])('%s is no refusal', (error) => {
  expect(refusalOf(error)).toBeNull();
});
