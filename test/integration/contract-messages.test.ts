import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import avsc from 'avsc';
import type { IHeaders } from 'kafkajs';
import type { AvroTopic } from 'qcc-core/avro/schemas';
import { avroType } from 'qcc-core/avro/types';
import type { EnrichedRecord, ErasedRecord, OrderEvent, PortfolioMember } from 'qcc-core/contract/domain';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import {
  CONTRACT_MESSAGES,
  type ContractMessage,
  isAvroTopic,
  MESSAGES_FILE,
  type PublicTopic,
} from '../../scripts/contract/contract-messages.ts';
import { schemaVersions } from '../../scripts/contract/schema-versions.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { runQcc } from '../harness/run-qcc.ts';

/**
 * The examples of the AsyncAPI document are messages that the services wrote for this simulated QCC. `-u` keeps new ones
 * (then: npm run docs).
 */
const RECORDS = 26;
/** They depend on the machine's clock, on the salt of the archive, or are sealed with a key that nobody keeps. */
const DIFFERS = new Set([
  ...[
    'at',
    'receivedAt',
    'detailsFetchedAt',
    'erasedAt',
    'loadedAt',
    'downloadUrlExpiredTime',
    'version',
    'archiveSha256',
  ],
  ...['sealedDownloadUrl', 'sealedUnzipPassword', 'qcc.dlq.time', 'qcc.dlq.offset', 'qcc.dlq.archiveSha256'],
  // Of the pending version: the wait is over, or QCC's first response came before.
  'detailReason',
]);

let pipeline: Pipeline;
const qcc = async (...args: string[]) =>
  expect(await runQcc(pipeline.env, args)).toMatchObject({ exitCode: 0, err: '' });

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: {
      seed: 'contract',
      clock: { now: '2026-11-24T09:40:00+08:00', frozen: true },
      // QCC asks to come again for every response, so that pending versions come first.
      faults: { processingShare: 1, processingAsks: 1 },
    },
    env: {
      ACCOUNT: 'main',
      DETAIL_WAIT_MS: '300',
      DETAIL_RATE_PER_SECOND: '1000',
      ERASURE_KEY: randomBytes(32).toString('base64'),
      // The first comparison comes before the order. A later one could take its callback for lost, because by the simulator's clock the order is old.
      RECONCILE_INTERVAL_MS: '60000',
    },
  });
  await vi.waitFor(async () => {
    const page = await fetch(`http://127.0.0.1:${pipeline.adminPorts['callback-gateway']}/metrics`);
    expect(await page.text()).toMatch(/^qcc_reconcile_passes_total\{[^}]*outcome="compared"[^}]*\} [1-9]/m);
  }, PATIENCE);
  await pipeline.simulator.createOrder({ records: RECORDS, broken: 1, withoutCheckId: 0 });
  await vi.waitFor(async () => {
    const [order] = await pipeline.query<{ stored: number; pending: number }>(
      'SELECT stored, pending_details AS pending FROM {{db}}.orders',
    );
    expect(order).toEqual({ stored: RECORDS - 1, pending: 0 });
  }, PATIENCE);
  const rows = await pipeline.query<{ company: string; name: string; text: string }>(
    `SELECT corp_key_no AS company, corp_name AS name, change_content AS text FROM {{db}}.records WHERE type = '4' ORDER BY position`,
  );
  // Customers are matched with tables that are filled after the history.
  await vi.waitFor(async () => {
    const known = `SELECT DISTINCT corp_key_no FROM {{db}}.company_identities WHERE corp_key_no = '${rows[0]!.company}'`;
    expect(await pipeline.query(known)).toHaveLength(1);
  }, PATIENCE);
  const file = join(pipeline.folder, 'customers.csv');
  await writeFile(file, `企业名称,客户经理\n${rows[0]!.name},M1\n`);
  await qcc('portfolio', 'load', file);
  const by = ['--who', 'data protection officer', '--why', 'request 17', '--yes'];
  const person = join(pipeline.folder, 'person');
  await writeFile(person, /由“(.+?)”/.exec(rows[0]!.text)![1]!);
  await qcc('erase', '--person-file', person, ...by);
  await qcc('erase', '--company', rows[1]!.company, ...by);
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

type Read = { key: string; headers: Record<string, string>; bytes: Buffer; value: unknown };

async function read(topic: PublicTopic): Promise<Read[]> {
  const messages = await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}${topic}`);
  const all = messages.map(({ key, headers, value }) => {
    const bytes = isAvroTopic(topic) ? value!.subarray(5) : value!;
    const decoded = isAvroTopic(topic) ? avroType(topic).fromBuffer(bytes) : bytes.toString('utf8');
    return { key: String(key), headers: textsOf(headers), bytes, value: decoded };
  });
  // Partitions are read in any order.
  return all.toSorted((a, b) => placeOf(a) - placeOf(b) || (a.key < b.key ? -1 : Number(a.key > b.key)));
}

const placeOf = ({ value }: Read): number => {
  const { record, position } = value as { record?: { position: number }; position?: number };
  return record?.position ?? position ?? 0;
};

const textsOf = (headers: IHeaders = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, withoutPrefix(String(value))]));
const withoutPrefix = (text: string): string => text.replaceAll(pipeline.prefix, '');

/** The first message of a topic that the named example is about. */
const CHOICES: Record<string, (value: never, all: readonly Read[]) => boolean> = {
  'an order': () => true,
  'a change': () => true,
  'a change without details': ({ detailStatus }: EnrichedRecord) => detailStatus === 'NOT_APPLICABLE',
  'a pending version': (value: EnrichedRecord) => value.detailStatus === 'PENDING' && value.record.type === '11',
  'its settled version': (value: EnrichedRecord, all) => {
    const pending = all
      .map((each) => each.value as EnrichedRecord)
      .find((each) => CHOICES['a pending version']!(each as never, all));
    return value.detailStatus === 'ENRICHED' && value.record.position === pending?.record.position;
  },
  'positions that were parsed': ({ stage }: OrderEvent) => stage === 'PARSED',
  'an order that was published whole': ({ stage }: OrderEvent) => stage === 'EXTRACTED',
  'an element that cannot be read': () => true,
  'a customer': ({ companies }: PortfolioMember) => companies.length > 0,
  'a company that was erased': ({ extent }: ErasedRecord) => extent === 'RECORD',
  'a record whose texts held an erased name': ({ extent }: ErasedRecord) => extent === 'NAME',
};

/** The fresh value with the kept one's members where two runs differ; a member of another kind stays. */
function settle(fresh: unknown, kept: unknown): unknown {
  if (Buffer.isBuffer(fresh) || typeof fresh !== 'object' || fresh === null) return fresh;
  if (Array.isArray(fresh)) return fresh.map((each, index) => settle(each, (kept as unknown[] | undefined)?.[index]));
  return Object.fromEntries(
    Object.entries(fresh).map(([name, value]) => {
      const before: unknown = kept && Reflect.get(kept, name);
      const isAlike = typeof before === typeof value && (before === null) === (value === null);
      return [name, DIFFERS.has(name) && isAlike ? before : settle(value, before)];
    }),
  );
}

async function examplesOf(topic: PublicTopic): Promise<ContractMessage[]> {
  const all = await read(topic);
  return CONTRACT_MESSAGES[topic].map((name) => {
    const found = all.find(({ value }) => CHOICES[name]!(value as never, all));
    if (!found) throw new Error(`${topic} has no ${name}`);
    const kept = keptMessages()?.[topic]?.find((each) => each.name === name);
    const keptBytes = kept && Buffer.from(kept.value, 'base64');
    const headers = settle(found.headers, kept?.headers) as Record<string, string>;
    if (!isAvroTopic(topic)) return { name, key: found.key, headers, value: found.bytes.toString('base64') };
    const type = avroType(topic);
    const value = type.toBuffer(settle(found.value, keptBytes && decodeKept(topic, keptBytes)));
    return { name, key: found.key, headers, value: value.toString('base64') };
  });
}

/** Bytes that were kept with this version of the schema or an earlier one. */
function decodeKept(topic: AvroTopic, bytes: Buffer): unknown {
  const type = avroType(topic);
  for (const { schema } of schemaVersions(topic).toReversed()) {
    try {
      return type.fromBuffer(bytes, type.createResolver(avsc.Type.forSchema(schema)));
    } catch {
      // Of another version.
    }
  }
  return undefined;
}

function keptMessages(): Record<string, ContractMessage[]> | undefined {
  try {
    return JSON.parse(readFileSync(MESSAGES_FILE, 'utf8'));
  } catch {
    return undefined;
  }
}

test('the examples of the document are what the services write (else: -u and npm run docs)', async () => {
  const examples: Record<string, ContractMessage[]> = {};
  for (const topic of Object.keys(CONTRACT_MESSAGES) as PublicTopic[]) examples[topic] = await examplesOf(topic);
  await expect(`${JSON.stringify(examples, null, 2)}\n`).toMatchFileSnapshot(MESSAGES_FILE);
});

test('no message of a public topic holds a link or a key of QCC in clear', async () => {
  const { key, secretKey } = pipeline.simulator;
  for (const topic of Object.keys(CONTRACT_MESSAGES) as PublicTopic[])
    for (const { bytes, headers } of await read(topic)) {
      const text = `${bytes.toString('latin1')}${JSON.stringify(headers)}`;
      for (const secret of [key, secretKey, 'http://', 'https://']) expect(text).not.toContain(secret);
    }
});
