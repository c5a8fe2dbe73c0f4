import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { COMMON_SETTINGS, readSettings } from '../../base/settings.ts';
import { explainKafkaFailure } from './explain-failure.ts';

const BROKERS = { KAFKA_BROKERS: 'b:9092' };
const LOGIN = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'alerter', KAFKA_SASL_PASSWORD: 'x' };
const protocolError = (type: string, message: string): Error =>
  // Its constructor takes an entry of kafkajs's table of errors.
  new kafkajs.KafkaJSProtocolError(Object.assign(new Error(message), { type, code: 1, retriable: false }));

test.each([
  {
    what: 'a right that is missing',
    env: LOGIN,
    error: protocolError('TOPIC_AUTHORIZATION_FAILED', 'Not authorized to access topics'),
    says: 'Kafka at b:9092 denies the user alerter a right that it needs: Not authorized to access topics',
  },
  {
    what: 'a right that is missing, without a login',
    env: {},
    error: protocolError('CLUSTER_AUTHORIZATION_FAILED', 'Cluster authorization failed'),
    says: 'Kafka at b:9092 denies this client a right that it needs: Cluster authorization failed',
  },
  {
    what: 'another refusal of a broker',
    env: {},
    error: protocolError('INVALID_CONFIG', 'Configuration is invalid'),
    says: 'Kafka at b:9092 refuses the request: Configuration is invalid',
  },
  {
    what: 'an address where nothing listens',
    env: {},
    error: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    says: 'no Kafka broker answers at b:9092: start it, or set KAFKA_BROKERS',
  },
])('it explains $what', ({ env, error, says }) => {
  const wrapped = new Error('the last attempt failed', { cause: error });
  expect(explainKafkaFailure(wrapped, readSettings({ ...BROKERS, ...env }, COMMON_SETTINGS))).toBe(says);
});
