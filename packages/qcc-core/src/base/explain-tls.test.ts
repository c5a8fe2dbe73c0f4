import { expect, test } from 'vitest';
import { explainTls } from './explain-tls.ts';

const NAMES = {
  what: 'Kafka at a:1',
  address: 'KAFKA_BROKERS',
  authority: 'KAFKA_SSL_CA_FILE',
  overTls: true,
  withTls: 'set KAFKA_SSL_CA_FILE',
  withoutTls: 'unset KAFKA_SSL_CA_FILE',
  clientCertificate: 'KAFKA_SSL_CERT_FILE',
};
const coded = (code: string, message = 'what Node says') => Object.assign(new Error(message), { code });

test.each<[string, unknown, RegExp]>([
  ['an unknown authority', coded('SELF_SIGNED_CERT_IN_CHAIN'), /no known authority signed .*set KAFKA_SSL_CA_FILE/],
  ['an expired certificate', coded('CERT_HAS_EXPIRED'), /not valid now .*renew it/],
  ['another name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), /another host name: set KAFKA_BROKERS/],
  [
    'a demand for a certificate',
    coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    /client certificate.*set KAFKA_SSL_CERT_FILE/,
  ],
  ['a refused certificate', coded('ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN'), /refuses the one it got/],
  ['a server without TLS', coded('ERR_SSL_WRONG_VERSION_NUMBER'), /does not speak TLS: unset KAFKA_SSL_CA_FILE/],
  [
    'a server that hangs up on TLS',
    coded('ECONNRESET', 'Client network socket disconnected before secure TLS connection was established'),
    /does not speak TLS/,
  ],
])('says %s, and what to do', (_what, error, sentence) => {
  expect(explainTls(error, NAMES)).toMatch(sentence);
  expect(explainTls(new Error('wrapped', { cause: error }), NAMES)).toMatch(sentence);
  expect(explainTls(new AggregateError([coded('ECONNREFUSED'), error], 'both'), NAMES)).toMatch(sentence);
});

test.each(['HPE_INVALID_CONSTANT', 'ECONNRESET', 'UND_ERR_SOCKET'])(
  'a server that answers plain talk with %s may speak TLS',
  (code) => {
    expect(explainTls(coded(code), { ...NAMES, overTls: false })).toMatch(/if it speaks TLS, set KAFKA_SSL_CA_FILE/);
  },
);

test.each([
  ['a refused connection', coded('ECONNREFUSED')],
  ['a cut connection', coded('ECONNRESET', 'socket hang up')],
  ['no error', 'text'],
])('has nothing to say of %s', (_what, error) => {
  expect(explainTls(error, NAMES)).toBeNull();
});
