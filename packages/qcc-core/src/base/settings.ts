import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { PUSH_HOURS, PUSH_WINDOW_HOURS } from '../contract/domain.ts';
import { DEFAULT_ACCOUNT } from '../contract/group-names.ts';
import { readVariable } from './read-variable.ts';

/**
 * The one list of settings: environment variables, each also as `NAME_FILE` (a path whose content is the value, for
 * mounted secrets). `docs/settings.md` is generated from it, and a test holds the two together.
 */
export type Setting<Type> = {
  schema: z.ZodType<Type>;
  /** Raw default; without one the setting is required unless its schema accepts `undefined`. */
  fallback?: string;
  secret?: true;
  doc: string;
};

const setting = <Type>(schema: z.ZodType<Type>, doc: string, fallback?: string): Setting<Type> =>
  fallback === undefined ? { schema, doc } : { schema, doc, fallback };
const secret = <Type>(schema: z.ZodType<Type>, doc: string, fallback?: string): Setting<Type> => ({
  ...setting(schema, doc, fallback),
  secret: true,
});

const text = z.string().min(1);
const optionalText = z.string().min(1).optional();
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const integer = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const pushWindows = list
  .pipe(
    z
      .array(
        z
          .string()
          .regex(/^\d{1,2}$/, 'must be whole hours')
          .transform(Number),
      )
      .min(1),
  )
  .refine(
    (hours) =>
      hours.every((hour, index) => {
        const earliest = index === 0 ? 0 : hours[index - 1]! + PUSH_WINDOW_HOURS;
        return earliest <= hour && hour + PUSH_WINDOW_HOURS <= 24;
      }),
    'must be hours from 0 to 22, ascending, two or more apart',
  );
/** Whole addresses only: `10/8` would be read as 0.0.0.10/8, and an IPv6-mapped network would match no peer. */
const isNetwork = (text: string): boolean => {
  const [address = ''] = text.split('/');
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (!text.includes('/')) return true;
  return ipaddr.isValidCIDR(text) && ipaddr.process(address).kind() === ipaddr.parse(address).kind();
};
const networks = list.refine((items) => items.every(isNetwork), 'must be addresses or networks such as 10.0.0.0/8');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
/** Errors name the URL, so it may hold no secret. */
const loginlessUrl = httpUrl.refine((url) => {
  const parsed = URL.parse(url);
  return !parsed?.username && !parsed?.password;
}, 'must hold no user and password: they have settings of their own');
const loginlessUrls = list.pipe(z.array(loginlessUrl).min(1)).transform((urls) => urls.join());
const pemFile = optionalText.refine(
  (path) => path === undefined || isPemFile(path),
  'must be the path of a PEM file that can be read',
);
const key32 = optionalText.refine(
  (key) => key === undefined || Buffer.from(key, 'base64').length === 32,
  'must be 32 bytes as base64, such as `openssl rand -base64 32` makes',
);
const applyOrCheck = z.enum(['apply', 'check']);

/** Calls a day without DETAIL_DAILY_BUDGET, as soon as a person has confirmed them. */
export const DEFAULT_DAILY_BUDGET = 500;

export const SETTINGS = {
  ACCOUNT: setting(
    text,
    'Name of the QCC account. Every message, row, metric and log line contains it. With ACCOUNTS_FILE, it selects one account of the file.',
    DEFAULT_ACCOUNT,
  ),
  ACCOUNTS_FILE: setting(
    optionalText,
    'JSON file of several QCC accounts that one set of services serves, each with its own key, secret, callback path, windows and budget; see [Several accounts](for-operators.md#several-accounts).',
  ),
  QCC_BASE_URL: setting(
    httpUrl.transform((url) => url.replace(/\/+$/, '')),
    "Base of QCC's endpoints (document section 6).",
    'https://pro.qcc.com/api/dd_corp_monitor',
  ),
  QCC_KEY: secret(text, 'The company key (公司 key); also what a callback has to bring.'),
  QCC_SECRET_KEY: secret(text, 'The SecretKey that signs requests; never sent.'),
  QCC_DOWNLOAD_HOSTS: setting(
    list.pipe(z.array(text).min(1)),
    'Hosts from which archives are downloaded: exact host or host:port, comma-separated.',
    'pro-files.qichacha.com',
  ),
  QCC_ALLOW_PRIVATE_HOSTS: setting(
    flag,
    'Whether a download host may be private or loopback (simulators, tests).',
    'false',
  ),
  QCC_PROXY_URL: setting(httpUrl.optional(), 'Forward proxy for requests to QCC and for downloads.'),
  QCC_READ_ONLY: setting(flag, 'Staging: no activation, no settings, no detail calls.', 'false'),
  QCC_TIMEOUT_MS: setting(integer(100, 600_000), 'Time limit of one request to QCC.', '10000'),
  SEALING_KEY: secret(
    text,
    'Keys that seal links and passwords on the topics: `kid:base64` of 32 bytes, comma-separated. The first key seals, and all keys open. A key without a kid is kid `1`. Gateway and extractor need the same keys.',
  ),
  ERASURE_KEY: secret(
    key32,
    'Key for the hashes of names and company keys that `qcc erase` records: 32 bytes as base64, the same for every sink and `npx qcc`. You need it for the first erasure. Keep it as long as erased data must not come back.',
  ),
  PSEUDONYM_KEY: secret(
    key32,
    'Key for the pseudonyms of 个体工商户 in the masked views: 32 bytes as base64, the same for every sink and `npx qcc rebuild`. Without a key, the views show only the first character of their names. With a new key, the same company gets a new pseudonym. See [Pseudonyms](privacy.md#pseudonyms).',
  ),
  GATEWAY_HOST: setting(text, 'Address the gateway listens on.', '0.0.0.0'),
  GATEWAY_PORT: setting(integer(0, 65_535), 'Port the gateway listens on.', '8080'),
  GATEWAY_MAX_CONNECTIONS: setting(
    integer(1, 1_000_000),
    'Largest number of connections to the gateway. It closes each further one at once. Set it below the limit of open files.',
    '4096',
  ),
  CALLBACK_PATH: setting(
    // In a URL, two slashes or backslashes at the beginning would be followed by a host.
    z.string().regex(/^\/(?![/\\])[^?#]*$/, 'must begin with a single / and hold no query: QCC appends its own'),
    'Path of the callback; choose one that cannot be guessed.',
    '/qcc/callback',
  ),
  TRUSTED_PROXIES: setting(
    networks,
    'Addresses and networks of the proxies in front of the gateway, comma-separated. The gateway reads `X-Forwarded-For` only from them.',
    '',
  ),
  WRONG_KEYS_PER_MINUTE: setting(
    integer(1, 1_000_000),
    'Callbacks with a wrong key or without one that a client address may send per minute. Further ones get 429. Callbacks with the right key have no limit.',
    '10',
  ),
  UNCHECKED_ORDERS_PER_HOUR: setting(
    integer(1, 1_000_000),
    "Orders from callbacks that an instance of the extractor fetches per hour without checking QCC's list. It fetches further ones only if they are on the list.",
    '60',
  ),
  RECONCILE_INTERVAL_MS: setting(
    integer(100, 86_400_000),
    'How often listLatestOrderNo is compared with what was extracted.',
    '600000',
  ),
  PUSH_WINDOWS: setting(
    pushWindows,
    'Shanghai hours at which push windows of two hours begin, ascending, comma-separated. If QCC pushes in fewer windows, name only these.',
    PUSH_HOURS.join(),
  ),
  CALLBACK_PATIENCE_MS: setting(
    integer(0, 3_600_000),
    "How long after the creation of a listed order its callback may arrive. After that the callback counts as lost, and the gateway publishes the order. QCC's document suggests that QCC calls about five minutes after it creates an order.",
    '360000',
  ),
  RECONCILE_GRACE_MS: setting(
    integer(0, 3_600_000),
    'How long after the end of a push window the orders are compared and the window counts as checked.',
    '300000',
  ),
  ACTIVATION_DAILY_LIMIT: setting(
    integer(0, 1_000),
    'Largest number of activations of a paused callback per Shanghai day. Only the gateway obeys it. Failed activations count too, and so do those that `npx qcc callback activate` records.',
    '6',
  ),
  ACTIVATION_MIN_INTERVAL_MS: setting(
    integer(0, 86_400_000),
    'Least time between an activation of a paused callback and the next one by the gateway. It counts the same activations as ACTIVATION_DAILY_LIMIT.',
    '600000',
  ),
  ARCHIVE_MAX_BYTES: setting(
    integer(1_024, 17_179_869_184),
    'Largest encrypted archive that is downloaded.',
    '1073741824',
  ),
  ENTRY_MAX_BYTES: setting(
    integer(1_024, 68_719_476_736),
    'Largest decrypted entry that is read. A larger one is refused as a zip bomb.',
    '17179869184',
  ),
  SPOOL_DIR: setting(
    text,
    'Folder for archives while they are read, and for their records until they are published. The extractor empties it at its start, so give each instance its own folder. Instances on one machine may share it only if each sets another ADMIN_PORT that is not 0, because each uses the subfolder with the name of its ADMIN_PORT.',
    '.stack/spool',
  ),
  EVIDENCE_URL: setting(
    z.string().regex(/^(file:.+|s3:\/\/[^/]+.*)$/, 'must be file:PATH or s3://BUCKET/PREFIX'),
    'Where archives and detail responses are kept as received: `file:PATH` (`file:///…` is absolute), shared by extractor, enricher and sink, or `s3://BUCKET/PREFIX`.',
    'file:.stack/evidence',
  ),
  EVIDENCE_RETENTION_DAYS: setting(
    integer(1, 36_500),
    'Days that evidence is kept. Once a day, the extractor deletes older evidence. It deletes the archives of an order all at once, and each detail response by its own age.',
    '1095',
  ),
  EVIDENCE_S3_ENDPOINT: setting(httpUrl.optional(), "Endpoint of a store that speaks S3; without it, Amazon's."),
  EVIDENCE_S3_REGION: setting(text, 'Region of the bucket.', 'us-east-1'),
  EVIDENCE_S3_ACCESS_KEY_ID: secret(
    optionalText,
    'Access key of the bucket. Without it, the AWS SDK uses its default credentials, such as the role of the machine or pod.',
  ),
  EVIDENCE_S3_SECRET_ACCESS_KEY: secret(optionalText, 'Its secret.'),
  DETAIL_WAIT_MS: setting(
    integer(0, 600_000),
    'How long a record waits for its details before it is published as PENDING.',
    '2000',
  ),
  DETAIL_CONCURRENCY: setting(integer(1, 256), 'Detail requests in flight, per instance.', '8'),
  DETAIL_RATE_PER_SECOND: setting(
    integer(1, 10_000),
    'Largest number of detail requests that all instances together start in any second. QCC may receive more in a second if network delays differ by more than 35 ms. Below 6, each instance may start one in the same second.',
    '20',
  ),
  DETAIL_CACHE_ENTRIES: setting(
    integer(0, 10_000_000),
    'Largest number of detail responses that an instance of the enricher keeps in memory, at most 1 KiB each on average. 0 keeps none.',
    '50000',
  ),
  DETAIL_RETRY_MAX_MS: setting(
    integer(1_000, 86_400_000),
    'Longest pause before the same details are requested again if QCC is not ready or fails. Pauses double from 1 s. Each attempt counts against the budget.',
    '300000',
  ),
  DETAIL_DAILY_BUDGET: setting(
    integer(0, 100_000_000).optional(),
    'Largest number of detail requests of all instances together per Shanghai day. If you set it, you also approve these requests. Without it, no requests are made until `npx qcc details confirm`, and then up to 500.',
  ),
  QUOTA_OPENS_AT: setting(
    z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 00:00')
      .transform((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))),
    "When QCC's daily limits (codes 109, 116) open again, in Shanghai.",
    '00:00',
  ),
  KAFKA_BROKERS: setting(list.pipe(z.array(text).min(1)), 'host:port, comma-separated.', '127.0.0.1:9092'),
  KAFKA_SASL_MECHANISM: setting(
    z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
    'SASL mechanism of the login at the brokers. `plain` sends the password itself, so use it only with TLS.',
  ),
  KAFKA_SASL_USERNAME: setting(optionalText, 'User at the brokers.'),
  KAFKA_SASL_PASSWORD: secret(optionalText, 'Password at the brokers.'),
  KAFKA_SSL_CA_FILE: setting(
    pemFile,
    'PEM file of the certificate authority. If it is set, the connection uses TLS. For a public authority, name the file of the system, such as `/etc/ssl/certs/ca-certificates.crt`.',
  ),
  KAFKA_SSL_CERT_FILE: setting(pemFile, 'PEM file of the client certificate.'),
  KAFKA_SSL_KEY_FILE: setting(pemFile, 'PEM file of the client key.'),
  KAFKA_SESSION_TIMEOUT_MS: setting(
    integer(1_000, 1_800_000),
    'How long an instance may go without a heartbeat. After that the group gives its partitions to another instance, and the instance releases them. The brokers refuse values below their `group.min.session.timeout.ms` (6 s by default) and above their `group.max.session.timeout.ms` (30 min by default).',
    '10000',
  ),
  KAFKA_FAST_PATHS: setting(
    flag,
    "Whether messages go through this project's own encoder and decoder; `false` leaves them to kafkajs, which takes three times as long. Use it for comparisons and to find a fault.",
    'true',
  ),
  KAFKA_TOPICS: setting(applyOrCheck, 'Create missing topics at start, or only say what is missing.', 'apply'),
  KAFKA_REPLICATION_FACTOR: setting(
    integer(1, 10).optional(),
    'Replicas of each partition of the topics that are created; 3 in production. The default of 1 is refused unless all brokers are on loopback, because the loss of a broker would lose acknowledged messages. Set 1 to accept that.',
  ),
  KAFKA_MIN_INSYNC_REPLICAS: setting(
    integer(1, 10).optional(),
    'Replicas that must have a message before it is acknowledged (`min.insync.replicas`), for topics that are created. Default: all but one, and at least 1.',
  ),
  DEAD_LETTER_RUN_LIMIT: setting(
    integer(0, 1_000_000_000),
    'Number of messages of a partition in a row that may become dead letters. Beyond it, the consumer writes no more of them and retries until the cause is gone. Records that Kafka refuses also count, except those that wait for details. Failed archives and records that the extractor rejects do not count. In the enricher, it also limits the records in a row, over all partitions of an instance, whose details fail because the response is not understood.',
    '100',
  ),
  TOPIC_PREFIX: setting(
    z.string().regex(/^[A-Za-z0-9._-]*$/, 'may hold letters, digits, dot, underscore and hyphen'),
    'Prefix of the names of topics, consumer groups, transactional ids and subjects.',
    '',
  ),
  SCHEMA_REGISTRY_URL: setting(
    loginlessUrl.transform((url) => url.replace(/\/+$/, '')),
    'Confluent-compatible registry.',
    'http://127.0.0.1:8081/apis/ccompat/v7',
  ),
  SCHEMA_REGISTRY_USERNAME: setting(optionalText, 'User at the registry.'),
  SCHEMA_REGISTRY_PASSWORD: secret(optionalText, 'Password at the registry.'),
  SCHEMA_REGISTRY_CA_FILE: setting(pemFile, 'PEM file of the authority of the registry.'),
  SCHEMAS: setting(applyOrCheck, 'Register missing schemas at start, or only say what is missing.', 'apply'),
  CLICKHOUSE_URL: setting(
    loginlessUrls,
    'HTTP endpoint of ClickHouse, or those of several replicas, comma-separated. All requests go to one server, and to the next one if it fails.',
    'http://127.0.0.1:8123',
  ),
  CLICKHOUSE_USER: setting(text, 'User at ClickHouse.', 'default'),
  CLICKHOUSE_PASSWORD: secret(z.string(), 'Password at ClickHouse.', ''),
  CLICKHOUSE_DATABASE: setting(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a plain identifier'),
    'Database of the tables and views.',
    'qcc',
  ),
  CLICKHOUSE_CA_FILE: setting(pemFile, 'PEM file of the authority of ClickHouse.'),
  CLICKHOUSE_CLUSTER: setting(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'must be a plain name')
      .optional(),
    'Name of the ClickHouse cluster. If it is set, migrations run ON CLUSTER with Replicated engines.',
  ),
  ORDER_DEADLINE_MS: setting(
    integer(1, 31_536_000_000),
    'How long an order may take from its arrival, or from the beginning of its extraction, until it is stored whole. After that, the ledger shows INCOMPLETE (OVERDUE). The wait for details does not count.',
    '1800000',
  ),
  MIGRATIONS: setting(applyOrCheck, 'Run missing migrations at start, or only say what is missing.', 'apply'),
  ALERT_RULES: setting(
    optionalText,
    'Rules of the alerter, as YAML. The alerter does not start without them. ALERT_RULES_FILE names a file with the rules. See [Alerts](alerts.md).',
  ),
  ALERT_SECRETS: secret(
    optionalText,
    'URL and secret of each target of the alerter: `{"TARGET": {"url": "…", "secret": "…"}}` as JSON. See [Alerts](alerts.md#targets).',
  ),
  ALERT_HOSTS: setting(
    list.pipe(z.array(text).min(1)),
    'Hosts that alerts may be sent to: exact host or host:port, comma-separated.',
    'qyapi.weixin.qq.com,oapi.dingtalk.com,open.feishu.cn',
  ),
  ALERT_ALLOW_PLAINTEXT: setting(flag, 'Whether alerts may be sent without TLS. For tests only.', 'false'),
  ALERT_GIVE_UP_MS: setting(
    integer(1_000, 2_592_000_000),
    'How long the alerter retries a message to a target. After that, the message becomes a dead letter.',
    '86400000',
  ),
  ADMIN_HOST: setting(text, 'Address of the admin port; 0.0.0.0 in images.', '127.0.0.1'),
  ADMIN_PORT: setting(
    integer(0, 65_535).optional(),
    'Port of /livez, /readyz and /metrics. Default: gateway 9101, extractor 9102, enricher 9103, sink 9104, alerter 9105. With `npm start` and `npm run services`, it is the first of four consecutive ports; if the alerter runs, it uses a fifth. With 0, each service takes a free port.',
  ),
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    'Lowest level that is logged.',
    'info',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<Name extends SettingName> = z.output<(typeof SETTINGS)[Name]['schema']>;
export type Settings<Name extends SettingName = SettingName> = { readonly [Key in Name]: SettingValue<Key> };

/** Settings that every service reads and that do not depend on the account: Kafka, registry, admin port, log. */
export const COMMON_SETTINGS = [
  'ACCOUNTS_FILE',
  'KAFKA_BROKERS',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_SSL_CA_FILE',
  'KAFKA_SSL_CERT_FILE',
  'KAFKA_SSL_KEY_FILE',
  'KAFKA_SESSION_TIMEOUT_MS',
  'KAFKA_FAST_PATHS',
  'KAFKA_TOPICS',
  'KAFKA_REPLICATION_FACTOR',
  'KAFKA_MIN_INSYNC_REPLICAS',
  'TOPIC_PREFIX',
  'SCHEMA_REGISTRY_URL',
  'SCHEMA_REGISTRY_USERNAME',
  'SCHEMA_REGISTRY_PASSWORD',
  'SCHEMA_REGISTRY_CA_FILE',
  'SCHEMAS',
  'ADMIN_HOST',
  'ADMIN_PORT',
  'LOG_LEVEL',
] as const satisfies readonly SettingName[];

/** Settings that may differ between accounts. If an account of ACCOUNTS_FILE leaves one out, the common one applies. */
export const ACCOUNT_SETTINGS = [
  'ACCOUNT',
  'QCC_BASE_URL',
  'QCC_KEY',
  'QCC_SECRET_KEY',
  'QCC_DOWNLOAD_HOSTS',
  'QCC_ALLOW_PRIVATE_HOSTS',
  'QCC_PROXY_URL',
  'QCC_READ_ONLY',
  'QCC_TIMEOUT_MS',
  'CALLBACK_PATH',
  'WRONG_KEYS_PER_MINUTE',
  'UNCHECKED_ORDERS_PER_HOUR',
  'RECONCILE_INTERVAL_MS',
  'PUSH_WINDOWS',
  'CALLBACK_PATIENCE_MS',
  'RECONCILE_GRACE_MS',
  'ACTIVATION_DAILY_LIMIT',
  'ACTIVATION_MIN_INTERVAL_MS',
  'EVIDENCE_RETENTION_DAYS',
  'DETAIL_WAIT_MS',
  'DETAIL_CONCURRENCY',
  'DETAIL_RATE_PER_SECOND',
  'DETAIL_CACHE_ENTRIES',
  'DETAIL_RETRY_MAX_MS',
  'DETAIL_DAILY_BUDGET',
  'QUOTA_OPENS_AT',
] as const satisfies readonly SettingName[];

export type AccountSetting = (typeof ACCOUNT_SETTINGS)[number];

export const isAccountSetting = (name: SettingName): name is AccountSetting =>
  (ACCOUNT_SETTINGS as readonly SettingName[]).includes(name);

export const QCC_SETTINGS = [
  'QCC_BASE_URL',
  'QCC_KEY',
  'QCC_SECRET_KEY',
  'QCC_PROXY_URL',
  'QCC_READ_ONLY',
  'QCC_TIMEOUT_MS',
] as const satisfies readonly SettingName[];

export const EVIDENCE_SETTINGS = [
  'EVIDENCE_URL',
  'EVIDENCE_S3_ENDPOINT',
  'EVIDENCE_S3_REGION',
  'EVIDENCE_S3_ACCESS_KEY_ID',
  'EVIDENCE_S3_SECRET_ACCESS_KEY',
] as const satisfies readonly SettingName[];

export const CLICKHOUSE_SETTINGS = [
  'CLICKHOUSE_URL',
  'CLICKHOUSE_USER',
  'CLICKHOUSE_PASSWORD',
  'CLICKHOUSE_DATABASE',
  'CLICKHOUSE_CA_FILE',
  'CLICKHOUSE_CLUSTER',
  'MIGRATIONS',
] as const satisfies readonly SettingName[];

/** Every setting that is missing or wrong, in one error: what, why and what it is for. Values never appear in it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `${problems.length === 1 ? 'one setting is' : `${problems.length} settings are`} not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads the named settings from an environment. If it has ACCOUNTS_FILE, no account is chosen yet (see `accountEnv`), and settings of
 * an account cannot be read.
 * @throws SettingsError that names every problem at once.
 */
export function readSettings<const Name extends SettingName>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): Settings<Name> {
  const values: Partial<Record<SettingName, unknown>> = {};
  const problems: string[] = [];
  if (env.ACCOUNTS_FILE && names.some(isAccountSetting)) problems.push(CHOOSE_AN_ACCOUNT);
  for (const name of names) {
    if (env.ACCOUNTS_FILE && isAccountSetting(name)) continue;
    const spec: Setting<unknown> = SETTINGS[name];
    try {
      const parsed = spec.schema.safeParse(rawValue(env, name) ?? spec.fallback);
      if (parsed.success) values[name] = parsed.data;
      else problems.push(explain(name, spec, parsed.error, rawValue(env, name) === undefined));
    } catch (error) {
      problems.push(`${name}_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values as Settings<Name>;
}

const CHOOSE_AN_ACCOUNT = 'ACCOUNTS_FILE names several accounts: choose one with --account, or set ACCOUNT';

function isPemFile(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('-----BEGIN ');
  } catch {
    return false;
  }
}

/**
 * A setting as its variable or file has it (`readVariable`), not checked yet.
 * @throws what the file system says.
 */
export const rawValue = (env: Readonly<Record<string, string | undefined>>, name: SettingName): string | undefined =>
  readVariable(env, name);

function explain(name: SettingName, spec: Setting<unknown>, error: z.ZodError, absent: boolean): string {
  const purpose = spec.doc.replace(/\.$/, '');
  if (absent) return `${name} is missing (${purpose}); set it, or ${name}_FILE to a file that holds it`;
  return `${name} ${error.issues.map((issue) => issue.message).join('; ')} (${purpose})`;
}
