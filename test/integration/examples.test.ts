// @module-tag whole
import { join } from 'node:path';
import avsc from 'avsc';
import { renderUsersFile } from 'qcc-clickhouse/users-file';
import { loadSchema } from 'qcc-core/avro/schemas';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { randomOf } from 'qcc-simulator/random';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { runChild } from '../../stack/child.ts';
import { startClickHouse } from '../../stack/clickhouse.ts';
import { steadyPort } from '../../stack/ports.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../stack/temporary-folder.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { type Absent, type Example, openExamples } from './examples/open-examples.ts';
import { runExample, type Written } from './examples/run-example.ts';
import { openStaleClickHouse } from './examples/stale-clickhouse.ts';

const SEED = 'examples';
const RECORDS = 120;
const DATABASE = 'qcc';
const READER = { name: 'subscriber', password: 'secret', role: 'qcc_investigator' } as const;

const say = (line: string) => console.warn(line);
/** Go and Java take minutes to build where nothing is cached. `npm run examples` tests all languages. */
const LANGUAGES: readonly Example['language'][] =
  process.env.QCC_TEST_EXAMPLES === 'all' ? ['Python', 'Java', 'Go'] : ['Python'];

const parts = new AsyncDisposableStack();
let folder: TemporaryFolder;
let opened: (Example | Absent)[];
let pipeline: Pipeline;
beforeAll(async () => {
  folder = parts.use(await makeTemporaryFolder('qcc-examples-'));
  opened = await openExamples(LANGUAGES, { folder: folder.path, say });
  for (const each of opened) if ('absent' in each) say(`SKIPPED, not tested: ${each.absent}`);
  // A server of its own: only a users file makes the reader.
  const clickhouse = parts.use(
    await startClickHouse({
      dir: join(folder.path, 'clickhouse'),
      port: await steadyPort(),
      logFile: join(folder.path, 'clickhouse.log'),
      usersFile: renderUsersFile({ database: DATABASE, logins: [READER], network: '127.0.0.1' }),
    }),
  );
  pipeline = parts.use(
    await startPipeline({
      stack: { ...inject('stack'), CLICKHOUSE_URL: clickhouse.url },
      database: DATABASE,
      // Details take longer than a record waits for them, so that many come as pending and then as settled versions.
      simulator: { seed: SEED, faults: { latencyMs: 20 } },
      env: { DETAIL_WAIT_MS: '100', DETAIL_RATE_PER_SECOND: '200' },
    }),
  );
  await sendAndStore();
});
afterAll(() => parts.disposeAsync());

/**
 * The push dates of two orders around this instant differ first in a byte that is 0x7f before it and 0x80 after it. So whoever
 * compares signed bytes takes the older one for the newer one.
 */
const SIGN_CHANGES = (Math.floor(Date.parse('2026-03-16T09:10:00+08:00') / 2 ** 24) * 2 + 1) * 2 ** 23;

/** Each order repeats ids of the orders before it, and half of them are older than those. */
async function sendOrder(): Promise<string> {
  const count = pipeline.simulator.orders().length;
  const pushed = SIGN_CHANGES + (count % 2 === 0 ? 1_000 + count * 1_000 : -count * 1_000);
  const pushDate = new Date(Math.ceil(pushed / 1_000) * 1_000).toISOString();
  const request = { records: RECORDS, repeat: count === 0 ? 0 : 60, pushDate };
  return (await pipeline.simulator.createOrder(request)).orderNo;
}

/** Waits until ClickHouse has every record of these orders. */
const untilStored = (orderNos: readonly string[]) =>
  vi.waitFor(async () => {
    const complete = "SELECT order_no AS orderNo FROM {{db}}.orders WHERE status = 'COMPLETE'";
    const found = await pipeline.query<{ orderNo: string }>(complete);
    expect(found.map(({ orderNo }) => orderNo)).toEqual(expect.arrayContaining([...orderNos]));
  }, PATIENCE);

const sendAndStore = async () => untilStored([await sendOrder()]);

/** Waits until, in addition, no version is pending, so that nothing more comes. */
const untilAtRest = async () => {
  await untilStored(pipeline.simulator.orders().map(({ orderNo }) => orderNo));
  await vi.waitFor(async () => {
    const pending = "SELECT id FROM {{db}}.record_history FINAL WHERE detail_status = 'PENDING'";
    expect(await pipeline.query(pending)).toEqual([]);
  }, PATIENCE);
};

type State = Record<string, { version: string; detailStatus: string }>;
type Change = { account: string; orderNo: string; revision: number; position: number; id: string } & State[string];

async function topicChanges(): Promise<Change[]> {
  const type = avsc.Type.forSchema(loadSchema('enriched-records'));
  const messages = await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}enriched-records`);
  return messages.map(({ value }) => {
    const { record, detailStatus, version } = type.fromBuffer(value!.subarray(5)) as EnrichedRecord;
    return { ...record, detailStatus, version: Buffer.from(version).toString('hex') };
  });
}

async function clickHouseState(): Promise<State> {
  const rows = await pipeline.query<{ account: string; id: string; version: string; status: string }>(
    'SELECT account, id, toString(version) AS version, detail_status AS status FROM {{db}}.records',
  );
  const hex = (version: string) => BigInt(version).toString(16).padStart(64, '0');
  return Object.fromEntries(
    rows.map((row) => [`${row.account}|${row.id}`, { version: hex(row.version), detailStatus: row.status }]),
  );
}

const stateOf = (changes: readonly Change[], isNewer: (version: string, stored: string) => boolean): State => {
  const state: State = {};
  for (const { account, id, version, detailStatus } of changes) {
    const stored = state[`${account}|${id}`];
    if (stored === undefined || isNewer(version, stored.version)) state[`${account}|${id}`] = { version, detailStatus };
  }
  return state;
};

const signed = (version: string, stored: string): boolean => Buffer.compare(flipSigns(version), flipSigns(stored)) > 0;
const flipSigns = (version: string): Buffer => Buffer.from(version, 'hex').map((byte) => byte ^ 0x80) as Buffer;

const parse = (lines: readonly string[]): Change[] => lines.map((line) => JSON.parse(line) as Change);
const occurrence = ({ account, orderNo, revision, position }: Change): string =>
  [account, orderNo, revision, position].join('|');
const message = (change: Change): string =>
  [occurrence(change), change.id, change.version, change.detailStatus].join('|');

const storedMessages = ({ said }: Written): number =>
  Number(/^stored (\d+) messages$/.exec(said.at(-1) ?? '')?.[1] ?? 0);

describe.each(LANGUAGES)('the example in %s', (language) => {
  const random = randomOf(SEED, language);
  /** Skips the test if this machine has no toolchain for the language. */
  const exampleOr = (skip: (why: string) => never): Example => {
    const example = opened[LANGUAGES.indexOf(language)]!;
    return 'absent' in example ? skip(example.absent) : example;
  };

  it('compares versions as unsigned bytes', async ({ skip }) => {
    const [program, ...args] = exampleOr(skip).versionsTest;
    await runChild(program, args, { cwd: folder.path });
  });

  it('gives every occurrence and the state of ClickHouse, each after five kills while orders arrive', async ({
    skip,
  }) => {
    const { subscriber } = exampleOr(skip);
    await using clickhouse = await openStaleClickHouse(pipeline.env.CLICKHOUSE_URL!, sendAndStore);
    const env = {
      KAFKA_BROKERS: pipeline.env.KAFKA_BROKERS!,
      SCHEMA_REGISTRY_URL: pipeline.env.SCHEMA_REGISTRY_URL!,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_USER: READER.name,
      CLICKHOUSE_PASSWORD: READER.password,
      TOPIC_PREFIX: pipeline.prefix,
      STORE: join(folder.path, `${language}.db`),
    };
    const run = (args: readonly string[], killWhen?: (written: Written) => boolean) =>
      runExample({ command: [...subscriber, ...args], env, ...(killWhen && { killWhen }) });

    const history = [
      ({ said }: Written) => said.includes("captured the sink's offsets"),
      ({ said }: Written) => said.some((line) => line.startsWith('loaded ')),
      ...[1, 2, 3].map(() => {
        const messages = random.int(1, RECORDS);
        return (written: Written) => storedMessages(written) >= messages;
      }),
    ];
    const earliest = [1, 2, 3, 4, 5].map(() => {
      const lines = random.int(1, RECORDS);
      return ({ printed }: Written) => printed.length >= lines;
    });

    const printed: string[] = [];
    const killEach = async (mode: string, moments: readonly ((written: Written) => boolean)[]) => {
      for (const killWhen of moments) printed.push(...(await run([mode], killWhen)).printed);
    };
    let killing = true;
    const kills = Promise.all([killEach('earliest', earliest), killEach('history', history)]).finally(() => {
      killing = false;
    });
    const feed = async () => {
      while (killing) await sendAndStore();
    };
    await Promise.all([kills, feed()]);
    await untilAtRest();

    printed.push(...(await run(['earliest', '--once'])).printed);
    expect((await run(['history', '--once'])).said.at(-1)).toBe('caught up');
    const state = stateOf(parse((await run(['state'])).printed), () => {
      throw new Error('the store has two lines for a record');
    });

    const onTopic = await topicChanges();
    expect([...new Set(parse(printed).map(message))].sort()).toEqual([...new Set(onTopic.map(message))].sort());
    expect(new Set(parse(printed).map(occurrence)).size).toBe(pipeline.simulator.orders().length * RECORDS);
    expect(state).toEqual(await clickHouseState());
    // With these orders, signed bytes and a lost settled version would be seen.
    expect(onTopic.some(({ detailStatus }) => detailStatus === 'PENDING')).toBe(true);
    expect(stateOf(onTopic, signed)).not.toEqual(state);
  });
});
