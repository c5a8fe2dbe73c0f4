import { expect, test } from 'vitest';
import { createRedactor } from './redact.ts';
import { environmentSecrets, secretValues } from './secret-values.ts';
import type { SettingName } from './settings.ts';

test.each<[string, Partial<Record<SettingName, unknown>>, string, string]>([
  ['a secret setting', { QCC_SECRET_KEY: 'canary' }, 'sent canary', 'sent [redacted]'],
  ['each of several keys', { SEALING_KEY: 'a:canaryA,b:canaryB' }, 'key canaryB', 'key [redacted]'],
  [
    "a proxy's password",
    { QCC_PROXY_URL: 'http://user:p%40ssword@proxy:3128' },
    'cannot reach http://user:p%40ssword@proxy:3128: p@ssword refused',
    'cannot reach http://user:[redacted]@proxy:3128: [redacted] refused',
  ],
  [
    'a name without password, which is a token',
    { SCHEMA_REGISTRY_URL: 'https://canary@registry' },
    'https://canary@registry does not answer',
    'https://[redacted]@registry does not answer',
  ],
  [
    'a secret that a service echoes as JSON or as a number',
    { KAFKA_SASL_PASSWORD: 'a"b/c', CLICKHOUSE_PASSWORD: '73519248' },
    String.raw`{"u":"a\"b\/c","v":"a\u0022b%2Fc","w":73519248}`,
    '{"u":"[redacted]","v":"[redacted]","w":[redacted]}',
  ],
  [
    'a password in one of several URLs',
    { CLICKHOUSE_URL: 'http://one:1,http://u:canary@two:2' },
    'http://u:canary@two:2 refused',
    'http://u:[redacted]@two:2 refused',
  ],
  [
    'each text of a JSON object, and of a URL in it what stands behind the host',
    { ALERT_SECRETS: '{"team":{"url":"https://robot/hook/canaryA?key=canaryB","secret":"canaryC"}}' },
    'robot said no to /hook/canaryA?key=canaryB, access canaryB, signed with canaryC',
    'robot said no to [redacted], access [redacted], signed with [redacted]',
  ],
  ['a password with a stray %', { CLICKHOUSE_URL: 'http://u:100%sure@h:1' }, 'at u:100%sure', 'at u:[redacted]'],
])('%s is masked', (_, settings, text, masked) => {
  expect(createRedactor(secretValues(settings))(text)).toBe(masked);
});

test('what is no secret is left alone', () => {
  expect(secretValues({ ACCOUNT: 'main', CLICKHOUSE_URL: 'http://127.0.0.1:8123', LOG_LEVEL: 'info' })).toEqual([]);
});

test('an environment gives the secrets of every setting, also where others are wrong', () => {
  const env = { QCC_KEY: 'canary', CLICKHOUSE_URL: 'x://u:p%40ss@', LOG_LEVEL: 'none', QCC_SECRET_KEY_FILE: '/none' };
  expect(environmentSecrets(env)).toEqual(expect.arrayContaining(['canary']));
  expect(environmentSecrets({})).toEqual([]);
});
