import { expect, test } from 'vitest';
import { readSettings, type SettingName } from './settings.ts';

const SECRET = 'word-of-the-test';

test.each<[string, SettingName, string, RegExp]>([
  ['no URL', 'CLICKHOUSE_URL', 'clickhouse', /^one setting .*\n {2}- CLICKHOUSE_URL must be an http or https URL/],
  [
    'a URL with a password, which errors would show',
    'CLICKHOUSE_URL',
    `http://me:${SECRET}@localhost:8123`,
    /CLICKHOUSE_URL must hold no user and password/,
  ],
  ['a URL with a user', 'SCHEMA_REGISTRY_URL', 'http://me@localhost', /SCHEMA_REGISTRY_URL must hold no user/],
  [
    'a certificate that is not there',
    'KAFKA_SSL_CA_FILE',
    '/not/there.pem',
    /KAFKA_SSL_CA_FILE must be the path of a PEM/,
  ],
  [
    'a file that holds none',
    'CLICKHOUSE_CA_FILE',
    import.meta.filename,
    /CLICKHOUSE_CA_FILE must be the path of a PEM/,
  ],
])('%s is refused, and not shown', (_what, name, value, message) => {
  expect(() => readSettings({ [name]: value }, [name])).toThrow(message);
  expect(() => readSettings({ [name]: value }, [name])).not.toThrow(SECRET);
});
