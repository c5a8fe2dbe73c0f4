import { describeError } from '../../base/errors.ts';
import { type ConnectionNames, explainTls } from '../../base/explain-tls.ts';
import type { KafkaSettings } from './connect.ts';
import { innermostCause, protocolErrorType } from './errors.ts';

/**
 * Explains in one sentence, without secrets, why the brokers do not serve this client and which setting to check. kafkajs
 * distinguishes a refused login and a closed connection only by the names and types of its errors.
 */
export function explainKafkaFailure(error: unknown, settings: KafkaSettings): string {
  const where = settings.KAFKA_BROKERS.join(', ');
  const overTls = settings.KAFKA_SSL_CA_FILE !== undefined || settings.KAFKA_SSL_CERT_FILE !== undefined;
  const names: ConnectionNames = {
    what: `Kafka at ${where}`,
    address: 'KAFKA_BROKERS',
    authority: 'KAFKA_SSL_CA_FILE',
    clientCertificate: 'KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE',
    overTls,
    withTls: 'set KAFKA_SSL_CA_FILE',
    withoutTls: 'unset KAFKA_SSL_CA_FILE',
  };
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username } = settings;
  const cause = innermostCause(error);
  const name = cause instanceof Error ? cause.name : '';
  const type = protocolErrorType(error);
  if (name === 'KafkaJSSASLAuthenticationError') {
    return `${names.what} refuses the login of user ${username} by ${mechanism}: check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`;
  }
  if (type === 'UNSUPPORTED_SASL_MECHANISM') {
    return `${names.what} does not offer the login ${mechanism}: set KAFKA_SASL_MECHANISM to one that it does`;
  }
  if (type === 'ILLEGAL_SASL_STATE') {
    return `${names.what} takes no login there: unset KAFKA_SASL_MECHANISM, or set KAFKA_BROKERS to a listener that does`;
  }
  const tls = explainTls(error, names);
  if (tls !== null) return tls;
  if (name === 'KafkaJSConnectionClosedError') {
    const wanted = overTls
      ? 'a login, by KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'
      : 'TLS, by KAFKA_SSL_CA_FILE';
    return `${names.what} closes the connection without an error: that listener may ask for ${wanted}`;
  }
  // A broker has answered.
  if (type?.endsWith('_AUTHORIZATION_FAILED')) {
    const user = username === undefined ? 'this client' : `the user ${username}`;
    return `${names.what} denies ${user} a right that it needs: ${describeError(cause)}`;
  }
  if (type !== undefined) return `${names.what} refuses the request: ${describeError(cause)}`;
  return `no Kafka broker answers at ${where}: start it, or set KAFKA_BROKERS`;
}
