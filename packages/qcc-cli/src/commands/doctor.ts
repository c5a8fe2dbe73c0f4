import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { connectCodec } from 'qcc-core/avro/codec';
import { AVRO_TOPICS } from 'qcc-core/avro/schemas';
import { describeError } from 'qcc-core/errors';
import { openEvidenceStore } from 'qcc-core/evidence/open-store';
import { createKafka } from 'qcc-core/kafka/connect';
import { ensureTopics } from 'qcc-core/kafka/ensure-topics';
import { TOPICS } from 'qcc-core/kafka/topics';
import { redactUrl } from 'qcc-core/redact';
import { createSealer } from 'qcc-core/sealing';
import { CLICKHOUSE_SETTINGS, EVIDENCE_SETTINGS, KAFKA_SETTINGS, QCC_SETTINGS, readSettings } from 'qcc-core/settings';
import { createClickHouse } from 'sink/create-clickhouse';
import { migrate } from 'sink/migrate';
import { connectQcc, requireAnswer } from '../connect-qcc.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Env = Terminal['env'];
/** Changes nothing; resolves to what is well, and throws what is not, with what to do. */
type Check = { name: string; run: (env: Env) => Promise<string> };

const CHECKS: readonly Check[] = [
  { name: 'settings', run: checkSettings },
  { name: 'Kafka', run: checkKafka },
  { name: 'schema registry', run: checkRegistry },
  { name: 'ClickHouse', run: checkClickHouse },
  { name: 'evidence', run: checkEvidence },
  { name: 'QCC', run: checkQcc },
];

/** One line a check, all of them whatever the ones before say. */
export function addDoctorCommand(program: Command, { env, print }: Terminal): void {
  program
    .command('doctor')
    .description('Checks settings, Kafka, schema registry, ClickHouse, evidence store and QCC; changes nothing.')
    .action(async () => {
      const failed: string[] = [];
      for (const { name, run } of CHECKS) {
        try {
          print(`ok    ${name}: ${await run(env)}`);
        } catch (error) {
          failed.push(name);
          print(`FAIL  ${name}: ${redactUrl(describeError(error)).replaceAll(/\s*\n\s*/g, ' ')}`);
        }
      }
      if (failed.length > 0) throw new CommandFailure(`not well: ${failed.join(', ')}; see above what to do`);
    });
}

async function checkSettings(env: Env): Promise<string> {
  const names = [...KAFKA_SETTINGS, ...QCC_SETTINGS, ...CLICKHOUSE_SETTINGS, 'SEALING_KEY', 'CALLBACK_PATH'] as const;
  const settings = readSettings(env, names);
  createSealer(settings.SEALING_KEY);
  return `account ${settings.ACCOUNT}${settings.QCC_READ_ONLY ? ', read only' : ''}`;
}

async function checkKafka(env: Env): Promise<string> {
  const settings = readSettings(env, KAFKA_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'qcc-doctor', logCreator: () => () => {} });
  const odd = await ensureTopics(kafka, { ...settings, KAFKA_TOPICS: 'check' });
  return [`${Object.keys(TOPICS).length} topics at ${settings.KAFKA_BROKERS.join(', ')}`, ...odd].join('; but ');
}

async function checkRegistry(env: Env): Promise<string> {
  const settings = readSettings(env, KAFKA_SETTINGS);
  await connectCodec({ ...settings, SCHEMAS: 'check' });
  return `${AVRO_TOPICS.length} schemas at ${new URL(settings.SCHEMA_REGISTRY_URL).host}`;
}

async function checkClickHouse(env: Env): Promise<string> {
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  const { CLICKHOUSE_DATABASE: database, CLICKHOUSE_CLUSTER: cluster } = settings;
  const { host } = new URL(settings.CLICKHOUSE_URL);
  await using clickhouse = createClickHouse(settings);
  const ping = await clickhouse.ping({ select: true });
  if (!ping.success) {
    throw new Error(
      `nothing usable answers at ${host}: start it, or set CLICKHOUSE_URL, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD`,
      { cause: ping.error },
    );
  }
  await migrate(clickhouse, { database, mode: 'check', ...(cluster !== undefined && { cluster }) });
  return `database ${database} at ${host} is up to date`;
}

async function checkEvidence(env: Env): Promise<string> {
  await using store = await openEvidenceStore(readSettings(env, EVIDENCE_SETTINGS));
  const key = `doctor/${randomUUID()}`;
  await store.put(key, Buffer.from('can be written'));
  await store.delete(key);
  return `${store.place} can be written`;
}

async function checkQcc(env: Env): Promise<string> {
  const { QCC_BASE_URL } = readSettings(env, ['QCC_BASE_URL']);
  await using qcc = connectQcc({ env });
  const orders = requireAnswer(await qcc.listLatestOrderNo()) ?? [];
  return `${new URL(QCC_BASE_URL).host} lists ${orders.length} orders`;
}
