import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { clickHouseUrls, createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { type KeyId, readStatedKeys, type SharedKey } from 'qcc-clickhouse/key-ids';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { createClickHouseProbe, requireClickHouse } from 'qcc-clickhouse/require-clickhouse';
import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { connectCodec, ignoreUndecodable } from 'qcc-core/avro/codec';
import { createRegistryProbe } from 'qcc-core/avro/registry-probe';
import { accountEnv, accountNames } from 'qcc-core/base/accounts';
import { describeError } from 'qcc-core/base/errors';
import { createRedactor } from 'qcc-core/base/redact';
import { createSealer } from 'qcc-core/base/sealing';
import { allSecrets } from 'qcc-core/base/secret-values';
import {
  CLICKHOUSE_SETTINGS,
  COMMON_SETTINGS,
  readSettings,
  SETTINGS,
  type SettingName,
  SettingsError,
} from 'qcc-core/base/settings';
import { unlessAborted } from 'qcc-core/base/unless-aborted';
import type { Probe } from 'qcc-core/base/watch-probe';
import { AVRO_TOPICS } from 'qcc-core/contract/generated/topics';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { createKafkaProbe } from 'qcc-core/kafka/client/kafka-probe';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { EMPTY_LIST } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import { createArchiveRepository } from 'qcc-evidence/archive-repository';
import { openErasureList } from 'qcc-evidence/erasure/erasure-list';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { createErasureRepository } from 'qcc-evidence/erasure-repository';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectEvidence } from '../connect-evidence.ts';
import { connectKafka } from '../connect-kafka.ts';
import { connectQcc, requireResponse } from '../connect-qcc.ts';
import { readKeptErasures } from '../erase/connect-originals.ts';
import { requireSameKey } from '../require-same-key.ts';
import { createKeyCheck, sealedInArchive, sealedInOrder } from '../sealing-keys.ts';
import { CommandFailure, type Environment, type Terminal, type Watch } from '../terminal.ts';
import { whileReachable } from '../while-reachable.ts';

/**
 * A check leaves no change behind. It resolves to a short text if the part works, and otherwise throws an error that says what is
 * wrong and what to do.
 */
type Check = { name: string; run: (environment: Environment) => Promise<string>; ofAccount?: true };

const SETTINGS_CHECK = 'settings';

const CHECKS: readonly Check[] = [
  { name: SETTINGS_CHECK, run: checkSettings, ofAccount: true },
  { name: 'Kafka', run: checkKafka },
  { name: 'schema registry', run: checkRegistry },
  { name: 'ClickHouse', run: checkClickHouse },
  { name: 'evidence', run: checkEvidence },
  { name: 'sealing keys', run: checkSealingKeys, ofAccount: true },
  { name: 'erasure key', run: checkErasureKey, ofAccount: true },
  { name: 'pseudonym key', run: checkPseudonymKey },
  { name: 'QCC', run: checkQcc, ofAccount: true },
];

const SEE_ABOVE = 'not checked, because its settings are not usable: see above';

/**
 * Prints one line for each check, and below a failed check one line for each unusable setting that is not named above. A failed check does
 * not stop the others.
 */
export function addDoctorCommand(program: Command, { env, print }: Terminal): void {
  program
    .command('doctor')
    .description(
      'Checks settings, Kafka, schema registry, ClickHouse, evidence store, sealing keys, erasure key, pseudonym key and QCC. Changes nothing except for an object that it writes to the evidence store and deletes at once.',
    )
    .action(async () => {
      const redact = createRedactor(allSecrets(env));
      const failed: string[] = [];
      const told = new Set<string>();
      // Together, so that one that waits does not hold up the others.
      const checks = checksOf(env).map(({ name, run }) => ({ name, result: whileReachable(run) }));
      await Promise.allSettled(checks.map(({ result }) => result));
      for (const { name, result } of checks) {
        try {
          print(`ok    ${name}: ${await result}`);
        } catch (error) {
          failed.push(name);
          // The check of the settings names settings that are not usable together, such as half a login, only if all others are usable.
          const problems = error instanceof SettingsError && !name.startsWith(SETTINGS_CHECK) ? error.problems : null;
          const text = problems?.every((problem) => told.has(problem)) ? SEE_ABOVE : redact(describeError(error));
          if (error instanceof SettingsError) for (const problem of error.problems) told.add(problem);
          print(`FAIL  ${name}: ${text.replaceAll(/\s*\n\s*/g, '\n        ')}`);
        }
      }
      if (failed.length > 0) throw new CommandFailure(`not well: ${failed.join(', ')}; see above what to do`);
    });
}

/** Checks that depend on the account run for each account. */
function checksOf(env: Terminal['env']): { name: string; run: (watch: Watch) => Promise<string> }[] {
  if (!env.ACCOUNTS_FILE) return CHECKS.map(({ name, run }) => ({ name, run: (watch) => run({ env, watch }) }));
  const accounts = accountNames(env);
  return CHECKS.flatMap(({ name, run, ofAccount }) =>
    ofAccount
      ? accounts.map((account) => ({
          name: `${name} of ${account}`,
          run: async (watch: Watch) => await run({ env: accountEnv(env, account), watch }),
        }))
      : [{ name, run: (watch: Watch) => run({ env, watch }) }],
  );
}

/** All of them: each is one that a service reads. */
async function checkSettings({ env }: Environment): Promise<string> {
  const settings = readSettings(env, Object.keys(SETTINGS) as SettingName[]);
  createSealer(settings.SEALING_KEY);
  createKafka({ settings, clientId: 'qcc-doctor', logCreator: () => () => {} });
  return `account ${settings.ACCOUNT}${settings.QCC_READ_ONLY ? ', read only' : ''}`;
}

async function checkKafka({ env, watch }: Environment): Promise<string> {
  const settings = readSettings(env, COMMON_SETTINGS);
  watch(createKafkaProbe({ settings, clientId: 'qcc-doctor' }));
  const kafka = createKafka({ settings, clientId: 'qcc-doctor', logCreator: () => () => {} });
  const odd = await ensureTopics(kafka, { ...settings, KAFKA_TOPICS: 'check' });
  return [`${Object.keys(TOPICS).length} topics at ${settings.KAFKA_BROKERS.join(', ')}`, ...odd].join('; but ');
}

async function checkRegistry({ env, watch }: Environment): Promise<string> {
  const settings = readSettings(env, COMMON_SETTINGS);
  watch(createRegistryProbe(settings));
  await connectCodec({ ...settings, SCHEMAS: 'check' });
  return `${AVRO_TOPICS.length} schemas at ${new URL(settings.SCHEMA_REGISTRY_URL).host}`;
}

async function checkClickHouse({ env, watch }: Environment): Promise<string> {
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  watch(createClickHouseProbe(settings));
  const { CLICKHOUSE_DATABASE: database, CLICKHOUSE_CLUSTER: cluster } = settings;
  const urls = clickHouseUrls(settings);
  await using clickhouse = createClickHouse(settings);
  await requireClickHouse(clickhouse, settings);
  await migrate(clickhouse, { database, mode: 'check', ...(cluster !== undefined && { cluster }) });
  const hosts = urls.map((url) => new URL(url).host).join(', ');
  const failures = urls.length > 1 ? await silentServers(urls, settings) : [];
  return [`database ${database} at ${hosts} is up to date`, ...failures].join('; but ');
}

/** Returns the reason for each ClickHouse server that cannot be used. */
async function silentServers(
  urls: readonly string[],
  settings: Parameters<typeof requireClickHouse>[1],
): Promise<string[]> {
  const failures = await Promise.all(
    urls.map(async (url) => {
      const ofServer = { ...settings, CLICKHOUSE_URL: url };
      await using client = createClickHouse(ofServer);
      return await requireClickHouse(client, ofServer).then(
        () => [],
        (error: unknown) => [describeError(error)],
      );
    }),
  );
  return failures.flat();
}

async function checkEvidence({ env, watch }: Environment): Promise<string> {
  await using store = await connectEvidence({ env, watch });
  const key = `doctor/${randomUUID()}`;
  await store.put(key, Buffer.from('can be written'));
  await store.delete(key);
  return `${store.place} can be written`;
}

async function checkSealingKeys({ env, watch }: Environment): Promise<string> {
  const { ACCOUNT: account, SEALING_KEY } = readSettings(env, ['ACCOUNT', 'SEALING_KEY']);
  const { kafka, codec, settings } = await connectKafka({ env, watch });
  await using store = await connectEvidence({ env, watch });
  const check = createKeyCheck(createSealer(SEALING_KEY));
  await readTopic({
    kafka,
    topic: topicName(settings.TOPIC_PREFIX, TOPICS.orders),
    prefix: settings.TOPIC_PREFIX,
    async onMessage({ value }) {
      const order = value && (await codec.decode('orders', value).catch(ignoreUndecodable));
      if (order) for (const text of sealedInOrder(order)) await check.look('order', text);
    },
  });
  for await (const archive of createArchiveRepository(store).firstAndLastOfDays(account)) {
    await check.look('archive', sealedInArchive(archive));
  }
  return check.conclude(SEALING_KEY.split(',').length);
}

async function checkErasureKey({ env, watch }: Environment): Promise<string> {
  const { ACCOUNT: account, ERASURE_KEY: key } = readSettings(env, ['ACCOUNT', 'ERASURE_KEY']);
  const keyId = key === undefined ? null : createErasureKey(key).keyId;
  const { kafka, codec, settings } = await connectKafka({ env, watch });
  await openErasureList({ kafka, codec, prefix: settings.TOPIC_PREFIX, key })();
  await using store = await connectEvidence({ env, watch });
  await readKeptErasures(createErasureRepository(store), { account, key });
  await using clickhouse = connectClickHouse({ env, watch });
  const sinks = await compareKeys(clickhouse, 'ERASURE_KEY', keyId);
  return keyId === null ? `none is set, and nothing is erased; ${sinks}` : `key ${keyId}; ${sinks}`;
}

async function checkPseudonymKey({ env, watch }: Environment): Promise<string> {
  const { keyId } = createPseudonyms(readSettings(env, ['PSEUDONYM_KEY']).PSEUDONYM_KEY);
  await using clickhouse = connectClickHouse({ env, watch });
  const sinks = await compareKeys(clickhouse, 'PSEUDONYM_KEY', keyId);
  return keyId === null
    ? `none is set, so masked views cannot tell 个体工商户 apart; ${sinks}`
    : `key ${keyId}; ${sinks}`;
}

/** @throws CommandFailure that names the sinks with another key. */
async function compareKeys(
  clickhouse: Parameters<typeof readStatedKeys>[0],
  name: SharedKey,
  here: KeyId,
): Promise<string> {
  const stated = await readStatedKeys(clickhouse, name);
  // Before the first sink starts there is nothing to compare with.
  if (stated.length === 0) return 'no sink has stated its key yet';
  requireSameKey(name, here, stated);
  return here === null ? 'every sink has none, too' : 'every sink has the same';
}

async function checkQcc({ env, watch }: Environment): Promise<string> {
  const { QCC_BASE_URL } = readSettings(env, ['QCC_BASE_URL']);
  await using qcc = connectQcc({ env });
  const listing = qcc.listLatestOrderNo();
  watch(probeOf(`QCC at ${QCC_BASE_URL}`, listing));
  const { orders, unnamed, unread } = requireResponse(await listing) ?? EMPTY_LIST;
  const odd = unnamed.length > 0 ? `, and ${unnamed.length} that have no usable number (\`npx qcc orders list\`)` : '';
  const more = unread > 0 ? `, and ${unread} more rows that are not read` : '';
  return `${new URL(QCC_BASE_URL).host} lists ${orders.length} orders${odd}${more}`;
}

/** For a part whose calls are counted: it sends no question, and waits for the response to a call that is under way. */
const probeOf = (what: string, call: Promise<unknown>): Probe => ({
  what,
  async ask(signal) {
    await unlessAborted(call, signal);
    return null;
  },
  [Symbol.asyncDispose]: async () => {},
});
