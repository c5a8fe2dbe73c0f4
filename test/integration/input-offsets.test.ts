/** Where a service goes on in its input if its consumer group has lost offsets, and what `npx qcc offsets` does about it. */
import { randomUUID } from 'node:crypto';
import type { Admin, ConsumerCrashEvent } from 'kafkajs';
import { takeInput } from 'qcc-cli/offsets/take-input';
import { runCli } from 'qcc-cli/run-cli';
import { connectCodec } from 'qcc-core/avro/codec';
import { createHealth } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { LaneBrokenError } from 'qcc-core/kafka/client/errors';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { InputOffsetError, inputOffsetKey, openInputOffsets } from 'qcc-core/kafka/exactly-once/input-offsets';
import { type Lane, openLane } from 'qcc-core/kafka/exactly-once/lane';
import { runWorker } from 'qcc-core/kafka/exactly-once/worker';
import { LogTruncatedError } from 'qcc-core/kafka/kafkajs-2.2.4/refuse-reset';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { deleteTopic } from './delete-topic.ts';
import { produce } from './topic-reader.ts';

const SERVICE = 'archive-extractor';
const FROM = TOPICS.orders;
const PARTITION = 0;
/** How often a lane has to be refused before a test believes that it stays refused. */
const REFUSALS = 3;

const inputOf = (prefix: string) => serviceInput(SERVICE, { account: 'main', prefix });

const setArguments = (to: string): string[] => [
  ...['offsets', 'set', '--service', SERVICE, '--partition', String(PARTITION), '--to', to],
  ...['--who', 'Li Lei', '--why', 'a test'],
];

async function setUp({ hasPublished = false } = {}) {
  const prefix = `offsets-${randomUUID()}.`;
  const env = { ...inject('stack'), TOPIC_PREFIX: prefix };
  const settings = readSettings(env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  const input = inputOf(prefix);
  const topic = topicName(prefix, FROM);
  const health = createHealth({ parts: [] });
  const logged: string[] = [];
  const lines = { write: (line: string) => void logged.push(line) };
  const log = createLogger({ service: 'test', level: 'warn', secrets: [], destination: lines });
  const opened: number[] = [];
  const processed: string[] = [];
  return {
    env,
    kafka,
    codec,
    prefix,
    topic,
    group: input.group,
    processed,
    opened,
    logged,
    createTopics: () => vi.waitFor(() => ensureTopics(kafka, settings), PATIENCE),
    qcc: (...args: string[]) => runQcc(env, args),
    setOffset: (to: string) => runQcc(env, [...setArguments(to), '--yes']),
    laneProblem: () => health.problems()[`lane ${topic}/${PARTITION}`],
    refusals: () =>
      logged.filter(
        (line) =>
          line.includes('"error"') && line.includes('lane not opened') && line.includes(`${topic}/${PARTITION}`),
      ),
    start: () =>
      runWorker({
        ...input,
        kafka,
        prefix,
        codec,
        hasPublished: async () => hasPublished || processed.length > 0,
        sessionTimeoutMs: 6_000,
        health,
        healthPart: 'orders',
        log,
        openState: async ({ partition }: Lane) => void opened.push(partition),
        async process({ lane, messages, nextOffset }) {
          await lane.transact(async () => {}, { nextOffset });
          processed.push(...messages.map(({ key }) => String(key)));
        },
      }),
    send: (...keys: string[]) =>
      produce(
        kafka,
        prefix,
        keys.map((key) => ({ topic: FROM, key, value: Buffer.from(key), partition: PARTITION })),
      ),
    async hasProcessed(...keys: string[]) {
      await vi.waitFor(() => expect(processed).toEqual(keys), PATIENCE);
    },
    /** Waits until the group has no member, as after a stop. */
    async admin(change: (admin: Admin) => Promise<unknown>) {
      const admin = kafka.admin();
      await admin.connect();
      try {
        await vi.waitFor(() => change(admin), PATIENCE);
      } finally {
        await admin.disconnect();
      }
    },
    /** The recorded offset of the partition. */
    async recorded() {
      const entries = new Map<string, number>();
      await readTopic({
        kafka,
        topic: topicName(prefix, TOPICS.inputOffsets),
        prefix,
        async onMessage({ key, value }) {
          if (value) entries.set(String(key), (await codec.decode('input-offsets', value)).nextOffset);
        },
      });
      return entries.get(inputOffsetKey({ service: input.service, from: FROM, partition: PARTITION }));
    },
    setGroupOffset: (admin: Admin, offset: number) =>
      admin.setOffsets({
        groupId: input.group,
        topic,
        partitions: [{ partition: PARTITION, offset: String(offset) }],
      }),
  };
}

const GOES_ON = 'a service whose group had its offsets %s resumes where it was';
type ChangeOffsets = (admin: Admin, group: string, topic: string) => Promise<unknown>;

async function expectToGoOn(_name: string, change: ChangeOffsets): Promise<void> {
  const { start, send, hasProcessed, admin, group, topic } = await setUp();
  {
    await using _ = await start();
    await send('a', 'b', 'c');
    await hasProcessed('a', 'b', 'c');
  }
  await admin((each) => change(each, group, topic));
  await using _ = await start();
  await send('d');
  await hasProcessed('a', 'b', 'c', 'd');
}

test.each<[string, ChangeOffsets]>([
  ['deleted, as Kafka does after seven days', (admin, group) => admin.deleteGroups([group])],
])(GOES_ON, expectToGoOn);

test.each<[string, ChangeOffsets]>([
  [
    'reset to the earliest, as a client may',
    (admin, groupId, topic) => admin.resetOffsets({ groupId, topic, earliest: true }),
  ],
])(GOES_ON, { tags: 'whole' }, expectToGoOn);

test('after an upgrade a service goes on at the offset of its group, and records it', { tags: 'whole' }, async () => {
  const { start, send, hasProcessed, admin, setGroupOffset, opened, recorded } = await setUp({ hasPublished: true });
  await send('a', 'b', 'c');
  await admin((each) => setGroupOffset(each, 3));
  await using _ = await start();
  await vi.waitFor(() => expect(opened).toContain(PARTITION), PATIENCE);
  await vi.waitFor(async () => expect(await recorded()).toBe(3), PATIENCE);
  await send('d');
  await hasProcessed('d');
});

test('after a downgrade a service goes on at the offset of its group, which is ahead of the recorded one', {
  tags: 'whole',
}, async () => {
  const { start, send, hasProcessed, admin, setGroupOffset } = await setUp();
  {
    await using _ = await start();
    await send('a');
    await hasProcessed('a');
  }
  await send('by the older version');
  await admin((each) => setGroupOffset(each, 2));
  await using _ = await start();
  await send('c');
  await hasProcessed('a', 'c');
});

test('a new service starts at the beginning', async () => {
  const { start, send, hasProcessed } = await setUp();
  await send('a', 'b');
  await using _ = await start();
  await hasProcessed('a', 'b');
});

test('a service that has published and has no known offset waits until a person sets one', async () => {
  const { start, send, processed, hasProcessed, refusals, laneProblem, setOffset } = await setUp({
    hasPublished: true,
  });
  await send('a', 'b', 'c');
  {
    await using _ = await start();
    await vi.waitFor(() => expect(refusals().length).toBeGreaterThanOrEqual(REFUSALS), PATIENCE);
    expect(laneProblem()).toContain('npx qcc offsets set --service archive-extractor --partition 0 --to OFFSET');
    expect(processed).toEqual([]);
  }
  expect(await setOffset('2')).toMatchObject({ exitCode: 0, out: expect.stringContaining('skip everything below') });
  await using _ = await start();
  await hasProcessed('c');
});

test.each([
  ['is shorter than before', ['new a', 'new b']],
  ['has grown past the recorded offset', ['new a', 'new b', 'new c', 'new d', 'new e', 'new f']],
])(
  'a service stops if its input was created again and %s, and the remedy brings every new message',
  { tags: 'whole' },
  async (_how, keys) => {
    const bed = await setUp();
    const { kafka, prefix, topic, start, send, hasProcessed, refusals, laneProblem, admin, createTopics } = bed;
    const { setOffset, qcc, logged } = bed;
    {
      await using _ = await start();
      await send('a', 'b', 'c', 'd');
      await hasProcessed('a', 'b', 'c', 'd');
    }
    await admin((each) => deleteTopic(each, topic));
    await createTopics();
    await send(...keys);
    {
      await using _ = await start();
      await vi.waitFor(() => expect(refusals().length, logged.join('')).toBeGreaterThanOrEqual(REFUSALS), PATIENCE);
      // It is cleared while the consumer is replaced.
      const problem = /created again since archive-extractor read .* up to 4: .*qcc offsets set/;
      await vi.waitFor(() => expect(laneProblem()).toMatch(problem), PATIENCE);
      await produce(kafka, prefix, [{ topic: FROM, key: 'other', value: Buffer.from('other'), partition: 1 }]);
      await hasProcessed('a', 'b', 'c', 'd', 'other');
      const { exitCode, out, err } = await qcc('offsets');
      expect([exitCode, out, err]).toEqual([
        1,
        expect.stringContaining('stops: the topic was created again after 4 was recorded'),
        expect.stringContaining('archive-extractor cannot resume in orders/0'),
      ]);
    }
    expect(await setOffset('beginning')).toMatchObject({ exitCode: 0 });
    await using _ = await start();
    await hasProcessed('a', 'b', 'c', 'd', 'other', ...keys);
  },
);

test('a service that found messages lost stops at every start, although the log has grown since, until a person sets the offset', {
  tags: 'whole',
}, async () => {
  const bed = await setUp({ hasPublished: true });
  const { start, send, processed, hasProcessed, refusals, laneProblem, admin, setGroupOffset, setOffset, qcc } = bed;
  await send('a', 'b');
  await admin((each) => setGroupOffset(each, 4));
  const refused = async (problem: RegExp) => {
    const before = refusals().length;
    await using _ = await start();
    await vi.waitFor(() => expect(refusals().length).toBeGreaterThanOrEqual(before + REFUSALS), PATIENCE);
    await vi.waitFor(() => expect(laneProblem()).toMatch(problem), PATIENCE);
  };
  const remedy = 'npx qcc offsets set --service archive-extractor --partition 0';
  await refused(
    new RegExp(`the brokers lost messages of .*the log changed from offset 2 on, and was read up to 4.*${remedy}`),
  );
  await send('c', 'd', 'e');
  await refused(
    new RegExp(`the brokers lost messages of .*the log changed from offset 2 on, and was read up to 4.*${remedy}`),
  );
  expect(processed).toEqual([]);
  expect(await qcc('offsets')).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining(
      'stops: the brokers lost messages: the log changed from offset 2 on, and was read up to 4',
    ),
  });

  expect(await setOffset('2')).toMatchObject({ exitCode: 0 });
  expect(await qcc('offsets')).toMatchObject({ exitCode: 0 });
  await using _ = await start();
  await hasProcessed('c', 'd', 'e');
});

/** A bed whose consumer can be told that it has found messages lost: nothing in a test makes a single broker lose any. */
async function setUpLosses() {
  const bed = await setUp();
  const { kafka, group, topic } = bed;
  const consumer = kafka.consumer.bind(kafka);
  const find = vi.fn<(event: ConsumerCrashEvent) => void>();
  kafka.consumer = (config) => {
    const made = consumer(config);
    if (config?.groupId !== group) return made;
    const on = made.on.bind(made) as (name: string, listener: (event: ConsumerCrashEvent) => void) => () => void;
    const listen: typeof on = (name, listener) => {
      if (name === made.events.CRASH) find.mockImplementation(listener);
      return on(name, listener);
    };
    return Object.assign(made, { on: listen });
  };
  return {
    ...bed,
    findLoss() {
      const error = new LogTruncatedError({ topic, partition: PARTITION, position: '2', end: '1' });
      const payload = { error, groupId: group, restart: false };
      find({ type: '', id: '', timestamp: 0, payload } as unknown as ConsumerCrashEvent);
    },
  };
}

test('a service resumes if its consumer reports lost messages that the leader still has', {
  tags: 'whole',
}, async () => {
  const { start, send, hasProcessed, findLoss, opened } = await setUpLosses();
  await using _ = await start();
  await send('a', 'b');
  await hasProcessed('a', 'b');
  const before = opened.length;
  findLoss();
  await vi.waitFor(() => expect(opened.length).toBeGreaterThan(before), PATIENCE);
  await send('c');
  await hasProcessed('a', 'b', 'c');
});

test('a service whose consumer finds messages lost while it runs does not go on after a restart, although the log has grown', {
  tags: 'whole',
}, async () => {
  const { start, send, processed, hasProcessed, refusals, laneProblem, setOffset, findLoss, opened } =
    await setUpLosses();
  const stopsFor = async (problem: RegExp) => {
    await vi.waitFor(() => expect(laneProblem()).toMatch(problem), PATIENCE);
    expect(processed).toEqual(['a', 'b']);
  };
  const problem = /the brokers lost messages .*the log changed from offset 1 on, and was read up to 2/;
  {
    await using _ = await start();
    await send('a', 'b');
    await hasProcessed('a', 'b');
  }
  // Nobody knows the leader epoch of an offset that a person has set, so the leader cannot be asked.
  expect(await setOffset('2')).toMatchObject({ exitCode: 0 });
  {
    const before = opened.length;
    await using _ = await start();
    await vi.waitFor(() => expect(opened.length).toBeGreaterThan(before), PATIENCE);
    findLoss();
    await send('c');
    await stopsFor(problem);
  }
  const before = refusals().length;
  await using _ = await start();
  await vi.waitFor(() => expect(refusals().length).toBeGreaterThanOrEqual(before + REFUSALS), PATIENCE);
  await stopsFor(problem);
});

test('what a consumer found lost is recorded, although the log has grown past the offset before a lane opens', {
  tags: 'whole',
}, async () => {
  const { kafka, prefix, codec, topic, start, send, hasProcessed, setOffset, qcc } = await setUp();
  {
    await using _ = await start();
    await send('a', 'b');
    await hasProcessed('a', 'b');
  }
  // Without a leader epoch: the leader cannot be asked.
  expect(await setOffset('2')).toMatchObject({ exitCode: 0 });
  await send('c');
  const input = {
    ...inputOf(prefix),
    kafka,
    prefix,
    codec,
    hasPublished: async () => true,
    sessionTimeoutMs: 6_000,
    health: createHealth({ parts: [] }),
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
  };
  await using offsets = await openInputOffsets(input);
  offsets.noteTruncated(PARTITION, '1');
  const open = () => openLane({ ...input, topic, partition: PARTITION, offsets });
  await expect(open()).rejects.toThrow(InputOffsetError);
  expect(await qcc('offsets')).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining(
      'stops: the brokers lost messages: the log changed from offset 1 on, and was read up to 2',
    ),
  });
  await expect(open()).rejects.toThrow(InputOffsetError);
});

test('a service goes on at the start of the log if retention deleted messages, and says how many it has not read', {
  tags: 'whole',
}, async () => {
  const { start, send, hasProcessed, admin, topic, logged } = await setUp();
  {
    await using _ = await start();
    await send('a');
    await hasProcessed('a');
  }
  await send('deleted', 'deleted too', 'd');
  const partitions = [{ partition: PARTITION, offset: '3' }];
  await admin(async (each) => {
    // Without it, kafkajs does not know the topic's leaders.
    await each.fetchTopicOffsets(topic);
    await each.deleteTopicRecords({ topic, partitions });
  });
  await using _ = await start();
  await hasProcessed('a', 'd');
  expect(logged.filter((line) => line.includes('retention deleted 2 messages'))).toHaveLength(1);
});

test('an offset can be set back and forward, for the group too, and the list says by whom and why', async () => {
  const { start, send, hasProcessed, setOffset, qcc, recorded, admin, group, topic } = await setUp();
  {
    await using _ = await start();
    await send('a', 'b', 'c');
    await hasProcessed('a', 'b', 'c');
  }
  expect(await setOffset('1')).toMatchObject({ exitCode: 0, out: expect.stringContaining('goes back from 3 to 1') });
  expect(await recorded()).toBe(1);
  await admin(async (each) => {
    const [offsets] = await each.fetchOffsets({ groupId: group, topics: [topic] });
    expect(offsets?.partitions.find(({ partition }) => partition === PARTITION)).toMatchObject({ offset: '1' });
  });
  {
    await using _ = await start();
    await hasProcessed('a', 'b', 'c', 'b', 'c');
  }
  await send('skipped');
  expect(await setOffset('end')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('goes forward from 3 to 4: up to 1 messages are skipped'),
  });
  {
    await using _ = await start();
    await send('e');
    await hasProcessed('a', 'b', 'c', 'b', 'c', 'e');
  }
  const { exitCode, out } = await qcc('offsets');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/archive-extractor\s*│ orders\/0\s*│ 5\s*│ 5\s*│ 0\s*│ 5\s*│ 0\s*│ resumes at 5/);
  expect(out).toMatch(/Li Lei set archive-extractor in orders\/0 from 3 to 1: a test\n.* from 3 to 4: a test$/);
});

test('an offset is not set while instances run, nor if one starts before a person has agreed', {
  tags: 'whole',
}, async () => {
  const { env, start, send, hasProcessed, setOffset, recorded, opened } = await setUp();
  {
    await using _ = await start();
    await send('a', 'b');
    await hasProcessed('a', 'b');
    expect(await setOffset('1')).toMatchObject({ exitCode: 1, err: expect.stringContaining('stop every instance') });
  }
  opened.length = 0;
  await using started = new AsyncDisposableStack();
  const errors: string[] = [];
  const terminal = {
    env,
    print() {},
    complain: (text: string) => void errors.push(text),
    async ask() {
      started.use(await start());
      await vi.waitFor(() => expect(opened).toContain(PARTITION), PATIENCE);
      return 'yes';
    },
  };
  expect(await runCli(terminal, setArguments('1'))).toBe(1);
  expect(errors.join()).toContain('nothing was changed');
  expect(await recorded()).toBe(2);
  await send('c');
  await hasProcessed('a', 'b', 'c');
});

test('setting an offset fails if another process has taken the partition', { tags: 'whole' }, async () => {
  const { kafka, prefix, codec, recorded } = await setUp();
  // A topic that was created a moment ago may have no leader yet, and a lane does not send twice.
  expect(await recorded()).toBeUndefined();
  const take = () => takeInput({ ...inputOf(prefix), kafka, prefix, codec, partition: PARTITION, now: Date.now });
  await using first = await take();
  await using second = await take();
  const decision = { who: 'Li Lei', why: 'a test', previousOffset: 0n };
  await expect(first.set(0n, decision)).rejects.toThrow(LaneBrokenError);
  expect(await recorded()).toBeUndefined();
  await second.set(0n, decision);
  expect(await recorded()).toBe(0);
});

test.each([
  ['an offset beyond the end of the log', ['--partition', '0', '--to', '3'], 'holds offsets 0 to 2'],
  ['a partition that is not there', ['--partition', '3', '--to', 'end'], 'has partitions 0 to 2'],
])('%s is refused', async (_name, args, message) => {
  const { send, qcc, recorded } = await setUp();
  await send('a', 'b');
  const all = ['offsets', 'set', '--service', SERVICE, '--who', 'Li Lei', '--why', 'a test', '--yes', ...args];
  const { exitCode, err } = await qcc(...all);
  expect([exitCode, err]).toEqual([1, expect.stringContaining(message)]);
  expect(await recorded()).toBeUndefined();
});
