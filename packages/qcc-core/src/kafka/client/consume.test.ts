import { EventEmitter } from 'node:events';
import {
  type Consumer,
  type ConsumerConfig,
  type ConsumerRunConfig,
  type EachBatchPayload,
  type Kafka,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from 'kafkajs';
import { describe, expect, test, vi } from 'vitest';
import { createHealth } from '../../base/health.ts';
import { createLogger } from '../../base/logs.ts';
import { LogTruncatedError, unreadDeleted } from '../kafkajs-2.2.4/refuse-reset.ts';
import { consume } from './consume.ts';
import { LaneBrokenError } from './errors.ts';

/** What the leader says of each epoch. */
const epochEnds = vi.hoisted(() => new Map<number, { leaderEpoch: number; endOffset: bigint }>());
vi.mock('../kafkajs-2.2.4/epoch-ends.ts', () => ({
  fetchEpochEnds: async (_kafka: Kafka, _topic: string, questions: readonly { leaderEpoch: number }[]) =>
    questions.map(({ leaderEpoch }) => epochEnds.get(leaderEpoch)),
}));

/** Consumers as kafkajs makes them, driven by the test. */
function fakeKafka() {
  const consumers: EventEmitter[] = [];
  const groups: string[] = [];
  const handlers: ConsumerRunConfig['eachBatch'][] = [];
  /** Calls of `pause` and `seek`, with the number of the consumer. */
  const moves: unknown[] = [];
  const commits: unknown[] = [];
  /** What the group had committed before. */
  const committed = { partition: 0, offset: '-1', metadata: null as string | null };
  const kafka = {
    admin: () => ({
      connect: async () => {},
      fetchOffsets: async () => [{ topic: 'orders', partitions: [committed] }],
      disconnect: async () => {},
    }),
    consumer({ groupId }: ConsumerConfig) {
      const events = new EventEmitter();
      const number = consumers.push(events);
      groups.push(groupId);
      return {
        events: { CRASH: 'crash', GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', REBALANCING: 'rebalancing' },
        on: (name: string, listener: (event: object) => void) => events.on(name, listener),
        connect: async () => {},
        subscribe: async () => {},
        run: async ({ eachBatch }: ConsumerRunConfig) => {
          handlers.push(eachBatch);
          events.emit('join', JOIN);
        },
        commitOffsets: async (offsets: unknown) => void commits.push(offsets),
        pause: (paused: unknown) => moves.push([number, 'pause', paused]),
        seek: (position: unknown) => moves.push([number, 'seek', position]),
        disconnect: async () => {},
      } as unknown as Consumer;
    },
  } as unknown as Kafka;
  return { kafka, consumers, groups, handlers, moves, commits, committed };
}

/** What every consumer here has in common. */
const ORDERS = {
  group: 'test',
  topics: ['orders'],
  sessionTimeoutMs: 6_000,
  concurrency: 1,
  healthPart: 'orders',
  log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
};

const LOST = new Error('crashed', {
  cause: new LogTruncatedError({ topic: 'orders', partition: 2, position: '9', end: '5' }),
});

const JOIN = { payload: { memberAssignment: { orders: [0, 2] } } };
/** @param told of what the consumer does with the partition of the batch. */
const batchOf = (offset: string, told: string[] = [], partitionLeaderEpoch = 0): EachBatchPayload =>
  ({
    batch: {
      topic: 'orders',
      partition: 0,
      highWatermark: '9',
      messages: [{ offset }],
      rawMessages: [{ offset, batchContext: { partitionLeaderEpoch } }],
      lastOffset: () => offset,
    },
    heartbeat: async () => {},
    resolveOffset: () => void told.push('goes on'),
    pause() {
      told.push('pauses');
      return () => void told.push('resumes');
    },
    isRunning: () => true,
    isStale: () => false,
  }) as unknown as EachBatchPayload;

/** An `onBatch` that fails for the first batches. */
function failing(times: number, error: Error): () => Promise<undefined> {
  let left = times;
  return async () => {
    left -= 1;
    if (left >= 0) throw error;
  };
}

test('a consumer that ended has no partitions until it has joined again', async () => {
  const { kafka, consumers, groups } = fakeKafka();
  /** What the consumer is told it has, each with what readiness says at that moment. */
  const told: unknown[] = [];
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: async () => {},
    onAssigned: (assignment) => void told.push([assignment, health.problems()]),
    health,
  });
  consumers[0]!.emit('crash', { payload: { error: new Error('the coordinator is gone') } });
  await vi.waitFor(() => expect(told).toHaveLength(3), { timeout: 30_000 });
  const joined = [{ orders: [0, 2] }, {}];
  expect(told).toEqual([joined, [{}, { orders: expect.stringContaining('the coordinator is gone') }], joined]);
  expect(groups).toEqual(['test', 'test']);
});

test.each([
  { type: 'GROUP_LOAD_IN_PROGRESS', level: 'warn' },
  { type: 'GROUP_COORDINATOR_NOT_AVAILABLE', level: 'warn' },
  { type: 'GROUP_AUTHORIZATION_FAILED', level: 'error' },
])(
  'a consumer that ended because of $type is reported as $level, in a line without a stack',
  async ({ type, level }) => {
    const { kafka, consumers } = fakeKafka();
    const lines: string[] = [];
    const log = createLogger({
      service: 'test',
      level: 'info',
      secrets: [],
      destination: { write: (line: string) => void lines.push(line) },
    });
    const health = createHealth({ parts: ['orders'] });
    await using _ = await consume({ ...ORDERS, log, kafka, onBatch: async () => {}, health });
    const cause = new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 14, retriable: true }));
    const error = new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 5, retryTime: 1 });
    consumers[0]!.emit('crash', { payload: { error } });
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(JSON.parse(lines[0]!)).toEqual({
      level,
      time: expect.any(String),
      service: 'test',
      msg: expect.stringMatching(`^the consumer of orders ended and is replaced: .*${type}`),
    });
  },
);

test('a reader of everything that has to join again starts over in another group, and its batch under way is aborted', async () => {
  const { kafka, consumers, groups, handlers } = fakeKafka();
  const told: unknown[] = [];
  const health = createHealth({ parts: ['orders'] });
  const underWay = Promise.withResolvers<AbortSignal>();
  await using _ = await consume({
    ...ORDERS,
    kafka,
    readsAll: {},
    async onBatch({ signal }) {
      underWay.resolve(signal);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    onAssigned: (assignment) => void told.push(assignment),
    health,
  });
  const batch = handlers[0]?.(batchOf('8'));
  const signal = await underWay.promise;
  expect(signal.aborted).toBe(false);
  consumers[0]!.emit('join', JOIN);
  await batch;
  await vi.waitFor(() => expect(told).toEqual([{ orders: [0, 2] }, {}, { orders: [0, 2] }]), { timeout: 30_000 });
  expect(health.problems()).toEqual({});
  expect(groups).toEqual([expect.stringMatching(/^test\..{36}$/), expect.stringMatching(/^test\..{36}$/)]);
  expect(groups[1]).not.toBe(groups[0]);

  // Later events of the first consumer are ignored.
  consumers[0]!.emit('join', JOIN);
  consumers[0]!.emit('crash', { payload: { error: new Error('gone') } });
  expect(told).toHaveLength(3);
  expect(health.problems()).toEqual({});
});

/** An error as kafkajs throws it when all attempts of a commit have failed. */
function commitError(type: string, code: number): Error {
  const answer = new KafkaJSProtocolError(Object.assign(new Error(type), { type, code, retriable: true }));
  return new KafkaJSNumberOfRetriesExceeded(answer, { retryCount: 5, retryTime: 1_000 });
}

test.each([
  ['NOT_COORDINATOR_FOR_GROUP', 16],
  ['UNKNOWN_MEMBER_ID', 25],
  ['ILLEGAL_GENERATION', 22],
])('a consumer whose commit is answered with %s is replaced, and its partitions are given back', async (type, code) => {
  const { kafka, consumers, handlers } = fakeKafka();
  const told: unknown[] = [];
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({
    ...ORDERS,
    // Long, so that only the failed commit can replace the consumer: this fake answers no heartbeats.
    sessionTimeoutMs: 120_000,
    kafka,
    onBatch: failing(1, commitError(type, code)),
    onAssigned: (assignment) => void told.push(assignment),
    health,
  });
  await handlers[0]!(batchOf('8'));
  await vi.waitFor(() => expect(told).toEqual([{ orders: [0, 2] }, {}, { orders: [0, 2] }]), { timeout: 30_000 });
  expect(consumers).toHaveLength(2);
  expect(health.problems()).toEqual({ orders: expect.stringContaining(type) });
  await handlers[1]!(batchOf('8'));
  expect(health.problems()).toEqual({});
});

test('a consumer whose batch fails for another reason is kept', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({ ...ORDERS, kafka, onBatch: failing(1, new Error('ClickHouse is away')), health });
  await handlers[0]!(batchOf('8'));
  expect(health.problems()).toEqual({ orders: expect.stringContaining('ClickHouse is away') });
  await handlers[0]!(batchOf('8'));
  expect(health.problems()).toEqual({});
  expect(consumers).toHaveLength(1);
});

test('a batch that fails pauses its partition, holds up no other one, and comes again', async () => {
  const { kafka, handlers } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({ ...ORDERS, kafka, onBatch: failing(1, new Error('ClickHouse is away')), health });
  const told: string[] = [];
  // A fetch ends with its batches. This one has ended while its partition still pauses.
  await handlers[0]!(batchOf('8', told));
  expect(told).toEqual(['pauses']);
  await vi.waitFor(() => expect(told).toEqual(['pauses', 'resumes']), { timeout: 30_000 });
  await handlers[0]!(batchOf('8', told));
  expect(told).toEqual(['pauses', 'resumes', 'goes on']);
});

test('a batch that has to wait pauses its partition, comes again later, and is not reported as a problem', async () => {
  const { kafka, handlers } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  const opened = Promise.withResolvers<void>();
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: async () => ({ comesAgainAfter: opened.promise }),
    health,
  });
  const told: string[] = [];
  await handlers[0]!(batchOf('8', told));
  expect(told).toEqual(['pauses']);
  opened.resolve();
  await vi.waitFor(() => expect(told).toEqual(['pauses', 'resumes']), { timeout: 30_000 });
  expect(health.problems()).toEqual({});
});

test('a batch that fails after its partition moved to another member is not reported as a problem', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  const done = Promise.withResolvers<undefined>();
  await using _ = await consume({ ...ORDERS, kafka, onBatch: () => done.promise, health });
  const batch = handlers[0]!(batchOf('8'));
  consumers[0]!.emit('join', { payload: { memberAssignment: { orders: [2] } } });
  done.reject(new Error('the lane is broken'));
  await batch;
  expect(health.problems()).toEqual({});
});

test.each([
  { offset: '9', problems: {} },
  { offset: '8', problems: { orders: expect.stringContaining('no response') } },
])(
  'a batch that failed at offset 8 is taken for done only if its partition is read on behind it: from $offset',
  async ({ offset, problems }) => {
    const { kafka, handlers } = fakeKafka();
    const health = createHealth({ parts: ['orders'] });
    let seek: Consumer['seek'] = () => {};
    await using _ = await consume({
      ...ORDERS,
      kafka,
      onBatch: failing(1, new Error('the commit got no response')),
      onAssigned(_assignment, move) {
        seek = move;
      },
      health,
    });
    await handlers[0]!(batchOf('8'));
    seek({ topic: 'orders', partition: 0, offset });
    expect(health.problems()).toEqual(problems);
  },
);

test('a loss that a consumer finds is noted, although something else has replaced that consumer meanwhile', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  const told: unknown[] = [];
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: failing(1, commitError('UNKNOWN_MEMBER_ID', 25)),
    onTruncated: async ({ partition, end }) => void told.push([partition, end]),
    health: createHealth({ parts: ['orders'] }),
  });
  await handlers[0]!(batchOf('8'));
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  await vi.waitFor(() => expect(told).toEqual([[2, '5']]), { timeout: 30_000 });
  await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
});

test('a consumer pauses what it still fetches while the loss that it found is recorded', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  const recording = Promise.withResolvers<undefined>();
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: async () => {},
    onTruncated: () => recording.promise,
    health: createHealth({ parts: ['orders'] }),
  });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  await vi.waitFor(async () => {
    const told: string[] = [];
    await handlers[0]!(batchOf('8', told));
    expect(told).toEqual(['pauses']);
  });
  recording.resolve(undefined);
});

test('a consumer that has joined is replaced if its predecessor then finds a loss in one of its partitions', async () => {
  const { kafka, consumers, handlers, moves } = fakeKafka();
  await using _ = await consume({
    ...ORDERS,
    sessionTimeoutMs: 60_000,
    kafka,
    onBatch: failing(1, commitError('UNKNOWN_MEMBER_ID', 25)),
    health: createHealth({ parts: ['orders'] }),
  });
  await handlers[0]!(batchOf('8'));
  await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  const paused = [{ topic: 'orders', partitions: [2] }];
  await vi.waitFor(() => expect(moves).toEqual([[3, 'pause', paused]]), { timeout: 30_000 });
});

test('a lane that lost its coordinator does not replace the consumer of the other lanes', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  const told: unknown[] = [];
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: failing(
      1,
      new LaneBrokenError('the lane of orders/0 is broken', { cause: commitError('NOT_COORDINATOR_FOR_GROUP', 16) }),
    ),
    onAssigned: (assignment) => void told.push(assignment),
    health: createHealth({ parts: ['orders'] }),
  });
  await handlers[0]!(batchOf('8'));
  expect(told).toEqual([{ orders: [0, 2] }]);
  expect(consumers).toHaveLength(1);
});

test('a reader of everything learns that the brokers lost messages before it begins again', async () => {
  const { kafka, consumers } = fakeKafka();
  const told: unknown[] = [];
  await using _ = await consume({
    ...ORDERS,
    kafka,
    readsAll: { beforeJoin: async () => void told.push('joins') },
    onTruncated: async ({ topic, partition }) => void told.push(`${topic}/${partition} truncated`),
    onBatch: async () => {},
    health: createHealth({ parts: ['orders'] }),
  });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  await vi.waitFor(() => expect(told).toEqual(['joins', 'orders/2 truncated', 'joins']), { timeout: 30_000 });
});

test('a member leaves out a partition whose messages the brokers lost, says so, and reads the others', async () => {
  const { kafka, consumers, handlers, moves } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({ ...ORDERS, kafka, onBatch: async () => {}, health });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  const paused = [{ topic: 'orders', partitions: [2] }];
  await vi.waitFor(() => expect(moves).toEqual([[2, 'pause', paused]]), { timeout: 30_000 });
  await handlers[1]!(batchOf('8'));
  expect(health.problems()).toEqual({ orders: expect.stringContaining('the brokers lost messages') });

  consumers[1]!.emit('crash', { payload: { error: new Error('session timed out') } });
  await vi.waitFor(() => expect(moves).toHaveLength(2), { timeout: 30_000 });
  expect(moves[1]).toEqual([3, 'pause', paused]);
});

test.each(['is done', 'fails'])(
  'a member gives its partitions up only when the record of lost messages %s',
  async (how) => {
    const { kafka, consumers } = fakeKafka();
    const told: unknown[] = [];
    const recording = Promise.withResolvers<void>();
    await using _ = await consume({
      ...ORDERS,
      kafka,
      onBatch: async () => {},
      onAssigned: (assignment) => void told.push(assignment),
      async onTruncated({ partition }) {
        told.push(`truncated ${partition}`);
        await recording.promise;
        if (how === 'fails') throw new Error('Kafka is away');
        return undefined;
      },
      health: createHealth({ parts: ['orders'] }),
    });
    consumers[0]!.emit('crash', { payload: { error: LOST } });
    const joined = { orders: [0, 2] };
    await vi.waitFor(() => expect(told).toEqual([joined, 'truncated 2']));
    recording.resolve();
    await vi.waitFor(() => expect(told).toEqual([joined, 'truncated 2', {}, joined]), { timeout: 30_000 });
  },
);

test('a member that may do messages twice reads a partition again, once, if the brokers lost messages of it', async () => {
  const { kafka, consumers, moves } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({ ...ORDERS, kafka, onBatch: async () => {}, health, whenTruncated: 'readAgain' });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  const position = { topic: 'orders', partition: 2, offset: '0' };
  await vi.waitFor(() => expect(moves).toEqual([[2, 'seek', position]]), { timeout: 30_000 });
  expect(health.problems()).toEqual({});

  consumers[1]!.emit('crash', { payload: { error: new Error('session timed out') } });
  await vi.waitFor(() => expect(consumers).toHaveLength(3), { timeout: 30_000 });
  expect(moves).toHaveLength(1);
});

test('a member that has lost a partition to another one does not read it again later because of that loss', async () => {
  const { kafka, consumers, moves } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  const recording = Promise.withResolvers<undefined>();
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: async () => {},
    health,
    whenTruncated: 'readAgain',
    onTruncated: () => recording.promise,
  });
  const all = JOIN.payload.memberAssignment;
  JOIN.payload.memberAssignment = { orders: [0] };
  try {
    consumers[0]!.emit('crash', { payload: { error: LOST } });
    recording.resolve(undefined);
    await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
  } finally {
    JOIN.payload.memberAssignment = all;
  }
  consumers[1]!.emit('join', JOIN);
  expect(moves).toEqual([]);
});

/** A membership whose session ends quickly; `told` lists the partitions of each call of `onAssigned`. */
async function joinGroup() {
  const { kafka, consumers } = fakeKafka();
  const told: unknown[] = [];
  const consumer = await consume({
    ...ORDERS,
    kafka,
    sessionTimeoutMs: 400,
    onBatch: async () => {},
    onAssigned: (assignment) => void told.push(assignment),
    health: createHealth({ parts: ['orders'] }),
  });
  return { consumer, consumers, told };
}

test('a member that gets no response for a session releases its partitions and is replaced', async () => {
  const { consumer, consumers, told } = await joinGroup();
  await using _ = consumer;
  await vi.waitFor(() => expect(told).toEqual([{ orders: [0, 2] }, {}, { orders: [0, 2] }]), { timeout: 30_000 });
  expect(consumers).toHaveLength(2);
});

test('a member whose join takes longer than a session releases its partitions until it has joined, and is kept', async () => {
  const { consumer, consumers, told } = await joinGroup();
  await using _ = consumer;
  consumers[0]!.emit('rebalancing', {});
  await vi.waitFor(() => expect(told).toEqual([{ orders: [0, 2] }, {}]), { timeout: 30_000 });
  consumers[0]!.emit('join', JOIN);
  expect(told).toEqual([{ orders: [0, 2] }, {}, { orders: [0, 2] }]);
  expect(consumers).toHaveLength(1);
});

test('a member whose heartbeats are answered although it has not joined is replaced after a session', async () => {
  const { consumer, consumers, told } = await joinGroup();
  await using _ = consumer;
  consumers[0]!.emit('rebalancing', {});
  const beats = setInterval(() => consumers[0]!.emit('heartbeat', {}), 20);
  await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
  clearInterval(beats);
  expect(told).toEqual([{ orders: [0, 2] }, {}, { orders: [0, 2] }]);
});

test('a member whose heartbeats are answered keeps its partitions', async () => {
  const { consumer, consumers, told } = await joinGroup();
  await using _ = consumer;
  for (let beats = 0; beats < 40; beats += 1) {
    consumers[0]!.emit('heartbeat', {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(told).toEqual([{ orders: [0, 2] }]);
});

test('a consumer that fails in several ways at once is replaced once', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: failing(2, commitError('UNKNOWN_MEMBER_ID', 25)),
    health: createHealth({ parts: ['orders'] }),
  });
  const batches = [handlers[0]!(batchOf('8')), handlers[0]!(batchOf('9'))];
  consumers[0]!.emit('crash', { payload: { error: new Error('gone') } });
  await Promise.all(batches);
  await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
  await handlers[1]!(batchOf('8'));
  expect(consumers).toHaveLength(2);
});

test('a batch is committed with the leader epoch of its last message', async () => {
  const { kafka, handlers, commits } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({ ...ORDERS, kafka, onBatch: async ({ commit }) => void (await commit()), health });
  await handlers[0]!(batchOf('8', [], 3));
  expect(commits).toEqual([[{ topic: 'orders', partition: 0, offset: '9', metadata: 'leader epoch 3' }]]);
});

test('a batch of hidden messages is passed over, and moves the position that the next one is compared with', async () => {
  const { kafka, consumers, handlers } = fakeKafka();
  const onBatch = vi.fn<() => Promise<undefined>>();
  const lost: unknown[] = [];
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch,
    onTruncated: async ({ partition, end }) => void lost.push([partition, end]),
    health: createHealth({ parts: ['orders'] }),
  });
  const told: string[] = [];
  const hidden = batchOf('19', told);
  Object.assign(hidden.batch, { messages: [] });
  await handlers[0]!(hidden);
  expect(told).toEqual(['goes on']);
  expect(onBatch).not.toHaveBeenCalled();
  epochEnds.set(0, { leaderEpoch: 0, endOffset: 10n }).set(1, { leaderEpoch: 1, endOffset: 30n });
  await handlers[0]!(batchOf('20', [], 1));
  await vi.waitFor(() => expect(lost).toEqual([[0, '10']]), { timeout: 30_000 });
  await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
});

test.each([true, false])('a batch of hidden messages is committed if the caller says so: %s', async (says) => {
  const { kafka, handlers, commits } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({ ...ORDERS, kafka, onBatch: async () => {}, health, commitsHidden: () => says });
  const told: string[] = [];
  const hidden = batchOf('19', told);
  Object.assign(hidden.batch, { messages: [] });
  await handlers[0]!(hidden);
  expect(told).toEqual(['goes on']);
  expect(commits).toHaveLength(says ? 1 : 0);
});

test('a member goes on with a partition if nothing is lost of what its owner has done', async () => {
  const { kafka, consumers, moves } = fakeKafka();
  const health = createHealth({ parts: ['orders'] });
  await using _ = await consume({
    ...ORDERS,
    kafka,
    onBatch: async () => {},
    onTruncated: async () => 'goesOn',
    health,
  });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
  expect(moves).toEqual([]);
  expect(health.problems()).toEqual({});
});

describe('a batch of another leader epoch than the last message before it', () => {
  const before = [
    ['this member has read', async (handle: (batch: EachBatchPayload) => unknown) => void (await handle(batchOf('8')))],
    ['the group has committed', async (_: unknown, committed: object) => void Object.assign(committed, COMMITTED)],
  ] as const;
  const COMMITTED = { offset: '9', metadata: 'leader epoch 0' };

  test.each(before)('is processed if the log has the messages that %s', async (_name, arrange) => {
    const { kafka, handlers, committed } = fakeKafka();
    const health = createHealth({ parts: ['orders'] });
    const told: string[] = [];
    await using _ = await consume({ ...ORDERS, kafka, onBatch: async () => {}, health });
    await arrange(handlers[0]!, committed);
    epochEnds.set(0, { leaderEpoch: 0, endOffset: 9n }).set(1, { leaderEpoch: 1, endOffset: 30n });
    await handlers[0]!(batchOf('20', told, 1));
    expect(told).toEqual(['goes on']);
    expect(health.problems()).toEqual({});
  });

  test.each(before)('is not processed if the log has lost messages that %s', async (_name, arrange) => {
    const { kafka, consumers, handlers, committed } = fakeKafka();
    const health = createHealth({ parts: ['orders'] });
    const told: unknown[] = [];
    const processed: string[] = [];
    await using _ = await consume({
      ...ORDERS,
      kafka,
      onBatch: async ({ nextOffset }) => void processed.push(String(nextOffset)),
      onTruncated: async ({ partition, end }) => void told.push([partition, end]),
      health,
    });
    await arrange(handlers[0]!, committed);
    epochEnds.set(0, { leaderEpoch: 0, endOffset: 5n }).set(1, { leaderEpoch: 1, endOffset: 30n });
    await handlers[0]!(batchOf('20', [], 1));
    await vi.waitFor(() => expect(told).toEqual([[0, '5']]), { timeout: 30_000 });
    await vi.waitFor(() => expect(consumers).toHaveLength(2), { timeout: 30_000 });
    expect(health.problems()).toEqual({ orders: expect.stringContaining('lost messages of orders/0 from offset 5') });
    expect(processed).not.toContain('21');
  });
});

test('messages that retention deleted before the group read them are an error in the log, with the remedy', async () => {
  const { kafka } = fakeKafka();
  const errors: unknown[] = [];
  const told: unknown[] = [];
  await using _ = await consume({
    ...ORDERS,
    kafka,
    health: createHealth({ parts: ['orders'] }),
    log: { warn() {}, error: (...given: unknown[]) => void errors.push(given) } as never,
    remedyIfDeleted: 'Replay the orders',
    onUnreadDeleted: (deleted) => void told.push(deleted),
    onBatch: async () => {},
  });
  const deleted = { topic: 'orders', partition: 2, position: '3', start: '5' };
  unreadDeleted.publish({ ...deleted, groupId: 'another' });
  unreadDeleted.publish({ ...deleted, groupId: 'test' });
  expect(errors).toEqual([
    [
      deleted,
      expect.stringMatching(/^orders\/2 goes on at offset 5: retention deleted .*from offset 3.*Replay the orders$/),
    ],
  ]);
  expect(told).toEqual([{ ...deleted, groupId: 'test' }]);
});

test('messages that a member has read are not reported as unread when it reads their partition again', async () => {
  const { kafka, consumers, moves } = fakeKafka();
  const told: string[] = [];
  await using _ = await consume({
    ...ORDERS,
    kafka,
    health: createHealth({ parts: ['orders'] }),
    whenTruncated: 'readAgain',
    onUnreadDeleted: ({ position }) => void told.push(position),
    onBatch: async () => {},
  });
  consumers[0]!.emit('crash', { payload: { error: LOST } });
  await vi.waitFor(() => expect(moves).toHaveLength(1), { timeout: 30_000 });
  for (const position of ['0', '7'])
    unreadDeleted.publish({ groupId: 'test', topic: 'orders', partition: 2, position, start: '9' });
  expect(told).toEqual(['7']);
});
