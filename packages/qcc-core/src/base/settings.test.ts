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
  [
    'a password in the second of two URLs',
    'CLICKHOUSE_URL',
    `http://one:8123,http://me:${SECRET}@two:8123`,
    /CLICKHOUSE_URL must hold no user and password/,
  ],
  ['a list of no URL', 'CLICKHOUSE_URL', ',', /CLICKHOUSE_URL/],
  ['a URL with a user', 'SCHEMA_REGISTRY_URL', 'http://me@localhost', /SCHEMA_REGISTRY_URL must hold no user/],
  ['a callback path that names a host', 'CALLBACK_PATH', '//x/y', /CALLBACK_PATH must begin with a single \//],
  ['the same with a backslash', 'CALLBACK_PATH', '/\\x/y', /CALLBACK_PATH must begin with a single \//],
  ['a callback path with a query', 'CALLBACK_PATH', '/x?y=1', /CALLBACK_PATH must .* hold no query/],
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

test.each([
  '10',
  '10.1',
  '10/8',
  '0x0a.0.0.0/8',
  '::ffff:10.0.0.0/104',
  'fe80::1%eth0',
  '10.0.0.0/33',
  'proxy.example',
])('a proxy written as %s is refused: it would not be the one that is meant', (network) => {
  expect(() => readSettings({ TRUSTED_PROXIES: network }, ['TRUSTED_PROXIES'])).toThrow(/TRUSTED_PROXIES must be/);
});

test.each([
  ['http://one:8123', 'http://one:8123'],
  ['http://one:8123, https://two:8443/ch,', 'http://one:8123,https://two:8443/ch'],
])('%s names servers of ClickHouse', (written, read) => {
  expect(readSettings({ CLICKHOUSE_URL: written }, ['CLICKHOUSE_URL']).CLICKHOUSE_URL).toBe(read);
});

test('proxies are whole addresses and networks', () => {
  const written = '10.0.0.0/8, 192.0.2.1,2001:db8::/32,::1,::ffff:192.0.2.2';
  expect(readSettings({ TRUSTED_PROXIES: written }, ['TRUSTED_PROXIES']).TRUSTED_PROXIES).toHaveLength(5);
});
