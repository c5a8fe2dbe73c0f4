import { readFileSync } from 'node:fs';
import type { Kafka, SASLOptions } from 'kafkajs';
import { type Settings, SettingsError } from '../../base/settings.ts';
import { fastPaths } from '../kafkajs-2.2.4/fast-paths.ts';
import { type OpenKafkaInput, openKafka } from './open-kafka.ts';

export type KafkaSettings = Settings<
  | 'KAFKA_BROKERS'
  | 'KAFKA_SASL_MECHANISM'
  | 'KAFKA_SASL_USERNAME'
  | 'KAFKA_SASL_PASSWORD'
  | 'KAFKA_SSL_CA_FILE'
  | 'KAFKA_SSL_CERT_FILE'
  | 'KAFKA_SSL_KEY_FILE'
  | 'KAFKA_FAST_PATHS'
>;

/**
 * A client of the cluster; opens no connection yet. The log takes the messages of kafkajs.
 * @throws SettingsError if only a part of a login or of a client certificate is set.
 */
export function createKafka(
  input: Omit<OpenKafkaInput, 'brokers' | 'ssl' | 'sasl'> & { settings: KafkaSettings },
): Kafka {
  const { settings, ...connection } = input;
  refuseHalves(settings);
  fastPaths.on = settings.KAFKA_FAST_PATHS;
  return openKafka({
    ...connection,
    brokers: settings.KAFKA_BROKERS,
    ssl: tlsOptions(settings),
    sasl: saslOptions(settings),
  });
}

/** Without this check, an incomplete login or certificate would be ignored or refused, and no error would name the missing setting. */
function refuseHalves(settings: KafkaSettings): void {
  const groups = [
    ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
    ['KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'],
  ] as const;
  const problems = groups.flatMap((names) => {
    const missing = names.filter((name) => settings[name] === undefined);
    if (missing.length === 0 || missing.length === names.length) return [];
    return [`${missing.join(' and ')} missing: ${names.join(', ')} are set together or not at all`];
  });
  if (problems.length > 0) throw new SettingsError(problems);
}

function tlsOptions(settings: KafkaSettings) {
  const { KAFKA_SSL_CA_FILE: ca, KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key } = settings;
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
}

function saslOptions(settings: KafkaSettings): SASLOptions | undefined {
  if (settings.KAFKA_SASL_MECHANISM === undefined) return undefined;
  return {
    mechanism: settings.KAFKA_SASL_MECHANISM,
    username: settings.KAFKA_SASL_USERNAME ?? '',
    password: settings.KAFKA_SASL_PASSWORD ?? '',
  } as SASLOptions;
}
