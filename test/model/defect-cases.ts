import fc from 'fast-check';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Defect } from './defects.ts';
import { LED_TOPICS, scriptOf } from './faults.ts';
import { INPUT, OUTPUT, SHARED_PARTITION } from './instance.ts';
import type { Script } from './run-script.ts';

/** A leader moves while the coordinator of the groups has just moved, so a JoinGroup meets COORDINATOR_LOAD_IN_PROGRESS. */
const joinsMeetLoading = fc
  .record({
    seed: fc.nat(),
    at: fc.nat(8_000),
    after: fc.nat(300),
    partition: fc.nat(2),
    broker: fc.constantFrom(1, 2, 3),
  })
  .map(
    ({ seed, at, after, partition, broker }): Script => ({
      seed,
      faults: [
        { atMs: at, fault: { kind: 'moveGroups', by: 1, loadingMs: 800 } },
        { atMs: at + after, fault: { kind: 'moveLeader', topic: LED_TOPICS.indexOf(OUTPUT), partition, broker } },
      ],
    }),
  );

/** A worker ends, so the group rebalances, and the response to a SyncGroup is lost. */
const responsesToSyncAreLost = fc
  .record({ seed: fc.nat(), atMs: fc.nat(6_000), ms: fc.nat(2_000), after: fc.integer({ min: 0, max: 8_000 }) })
  .map(
    ({ seed, atMs, ms, after }): Script => ({
      seed,
      faults: [
        { atMs, fault: { kind: 'crash', worker: 1, ms } },
        { atMs: atMs + after, fault: { kind: 'lose', what: 'response', api: 'SyncGroup', worker: 0 } },
      ],
    }),
  );

/** Consumers join again in the middle of a fetch, because leaders of their input move, and requests to commit are lost. */
const commitsFailAfterJoins = fc
  .record({
    seed: fc.nat(),
    rounds: fc.array(
      fc.record({ at: fc.nat(10_000), after: fc.nat(400), partition: fc.nat(2), broker: fc.constantFrom(1, 2, 3) }),
      { minLength: 6, maxLength: 8 },
    ),
  })
  .map(
    ({ seed, rounds }): Script => ({
      seed,
      faults: rounds.flatMap(({ at, after, ...move }) => [
        { atMs: at, fault: { kind: 'moveLeader', topic: LED_TOPICS.indexOf(INPUT), ...move } },
        ...[0, 0, 0, 1, 1, 1].map((worker): Script['faults'][number] => ({
          atMs: at + after,
          fault: { kind: 'lose', what: 'request', api: 'EndTxn', worker },
        })),
      ]),
    }),
  );

/** A request to store messages arrives when its client has ended the connection long ago. */
const lateMessages = fc
  .record({
    seed: fc.nat(),
    atMs: fc.nat(5_000),
    worker: fc.nat(1),
    broker: fc.constantFrom(1, 3),
    ms: fc.constant(15_000),
  })
  .map(({ seed, atMs, ...hold }): Script => ({ seed, faults: [{ atMs, fault: { kind: 'holdRequests', ...hold } }] }));

/** The topic of a table moves to leaders that report earlier ends for a moment, again and again. */
const tableMoves = fc
  .record({
    seed: fc.nat(),
    moves: fc.array(fc.record({ atMs: fc.nat(10_000), partition: fc.nat(2), broker: fc.constantFrom(1, 2, 3) }), {
      minLength: 16,
      maxLength: 20,
    }),
  })
  .map(
    ({ seed, moves }): Script => ({
      seed,
      faults: moves.map(({ atMs, ...move }) => ({
        atMs,
        fault: { kind: 'moveLeader', topic: LED_TOPICS.indexOf(TOPICS.inputOffsets), ...move },
      })),
    }),
  );

/** Input is lost when no other input follows for a while, so consumers can notice it. */
const quietLosses = fc
  .record({ seed: fc.nat(), partition: fc.nat(2), count: fc.integer({ min: 1, max: 3 }) })
  .map(({ seed, ...loss }): Script => ({ seed, faults: [{ atMs: 12_000, fault: { kind: 'loseInput', ...loss } }] }));

/** Input is lost, and more follows at once. */
const busyLosses = fc
  .record({ seed: fc.nat(), atMs: fc.nat(10_000), partition: fc.nat(2), count: fc.integer({ min: 1, max: 3 }) })
  .map(({ seed, atMs, ...loss }): Script => ({ seed, faults: [{ atMs, fault: { kind: 'loseInput', ...loss } }] }));

/** Commits of all lanes fail at about the same time, so transactions that are aborted overlap. */
const commitsFailTogether = fc
  .record({ seed: fc.nat(), moments: fc.array(fc.nat(11_000), { minLength: 6, maxLength: 8 }) })
  .map(
    ({ seed, moments }): Script => ({
      seed,
      faults: moments.flatMap((atMs) =>
        [0, 0, 1, 1].map((worker): Script['faults'][number] => ({
          atMs,
          fault: { kind: 'lose', what: 'request', api: 'EndTxn', worker },
        })),
      ),
    }),
  );

/** A broker answers nothing, so others lead its partitions, and a worker ends before its consumer has noticed all of it. */
const endsAfterLostBroker = fc
  .record({
    seed: fc.nat(),
    broker: fc.constantFrom(1, 2, 3),
    afterMs: fc.tuple(fc.integer({ min: 9_000, max: 16_000 }), fc.integer({ min: 9_000, max: 16_000 })),
  })
  .map(
    ({ seed, broker, afterMs }): Script => ({
      seed,
      faults: [
        { atMs: 0, fault: { kind: 'loseBroker', broker } },
        ...afterMs.map((atMs, worker): Script['faults'][number] => ({
          atMs,
          fault: { kind: 'restart', worker, ms: 0 },
        })),
      ],
    }),
  );

/** Commits fail, so the output ends with messages that nobody sees; it loses them, and the same work is done again. */
const hiddenOutputIsLost = fc
  .record({
    seed: fc.nat(),
    losses: fc.array(
      fc.record({
        atMs: fc.nat(10_000),
        after: fc.nat(2_000),
        partition: fc.nat(SHARED_PARTITION),
        count: fc.constantFrom(1, 2),
      }),
      { minLength: 4, maxLength: 6 },
    ),
  })
  .map(
    ({ seed, losses }): Script => ({
      seed,
      faults: losses.flatMap(({ atMs, after, partition, count }) => [
        ...[0, 0, 1, 1].map((worker): Script['faults'][number] => ({
          atMs,
          fault: { kind: 'lose', what: 'request', api: 'EndTxn', worker },
        })),
        { atMs: atMs + after, fault: { kind: 'loseOutput', partition, count } },
      ]),
    }),
  );

export type DefectCase = {
  defect: Defect;
  /** What keeps the product from having it: a file of `packages/qcc-core/src/kafka/`. */
  rule: string;
  scripts: fc.Arbitrary<Script>;
  seed: number;
  /** What is wrong then. */
  shows: RegExp;
  /** By when everything has to be done, for a defect that delays the work and does not stop it. */
  settleLimitMs?: number;
  /** Found by one short script: `npm test` looks for it, too. */
  isQuick?: true;
};

export const DEFECT_CASES: readonly DefectCase[] = [
  {
    defect: 'sends are retried',
    rule: 'client/send-once.ts',
    scripts: scriptOf(['moveLeader'], 12),
    seed: 1,
    shows: /lacks|twice/,
  },
  {
    defect: 'commits stay at the former coordinator',
    rule: 'client/consume.ts',
    scripts: joinsMeetLoading,
    seed: 1,
    shows: /the reader/,
  },
  {
    defect: 'a member that joined only in part is kept',
    rule: 'client/watch-membership.ts',
    scripts: responsesToSyncAreLost,
    seed: 1,
    shows: /lacks/,
  },
  {
    defect: 'hung connections stay open',
    rule: 'client/hung-connections.ts',
    scripts: scriptOf(['loseBroker'], 1),
    seed: 1,
    shows: /lacks/,
    // Requests to the lost broker end by themselves after 30 s.
    settleLimitMs: 25_000,
  },
  {
    defect: 'a shorter log is taken for a new topic',
    rule: 'exactly-once/table.ts',
    scripts: tableMoves,
    seed: 1,
    shows: /the table delivered/,
  },
  {
    defect: 'no offset means 0',
    rule: 'exactly-once/decide-input-offset.ts',
    scripts: scriptOf(['dropOffsets', 'crash'], 5),
    seed: 1,
    shows: /twice/,
    isQuick: true,
  },
  {
    defect: 'a position beyond the end starts over',
    rule: 'kafkajs-2.2.4/refuse-reset.ts',
    scripts: quietLosses,
    seed: 1,
    shows: /lacks/,
  },
  {
    defect: 'leader epochs are not compared',
    rule: 'client/read-positions.ts',
    scripts: busyLosses,
    seed: 1,
    shows: /lacks/,
  },
  {
    defect: 'opening a lane does not move the consumer',
    rule: 'exactly-once/worker.ts',
    scripts: commitsFailAfterJoins,
    seed: 1,
    shows: /lacks/,
  },
  {
    defect: 'a transaction is aborted too early',
    rule: 'exactly-once/lane.ts',
    scripts: lateMessages,
    seed: 1,
    shows: /lacks|twice/,
  },
  {
    defect: 'an instance without its group goes on',
    rule: 'client/watch-membership.ts',
    scripts: scriptOf(['cutOff'], 1),
    seed: 1,
    shows: /lane broken/,
  },
  {
    defect: 'partitions are added in parallel',
    rule: 'kafkajs-2.2.4/add-partitions-in-turn.ts',
    scripts: scriptOf(['dropOffsets'], 1),
    seed: 1,
    shows: /twice/,
    isQuick: true,
  },
  {
    defect: 'aborted transactions may overlap',
    rule: 'kafkajs-2.2.4/hide-aborted.ts',
    scripts: commitsFailTogether,
    seed: 1,
    shows: /aborted transaction/,
  },
  {
    defect: 'stopped runners are polled forever',
    rule: 'kafkajs-2.2.4/end-stopped-runners.ts',
    scripts: endsAfterLostBroker,
    seed: 1,
    shows: /hangs/,
  },
  {
    defect: 'batches of hidden messages are skipped',
    rule: 'kafkajs-2.2.4/hand-over-filtered.ts',
    scripts: hiddenOutputIsLost,
    seed: 1,
    shows: /has not read/,
  },
  {
    defect: 'topics have no ids',
    rule: 'kafkajs-2.2.4/topic-id.ts',
    scripts: scriptOf(['createAgain'], 1),
    seed: 1,
    shows: /has not delivered/,
  },
];

/** Known defects that the model cannot show, why, and the tests that show them instead, by their paths from the root. */
export const NOT_SHOWN: readonly { rule: string; what: string; why: string; tests: readonly string[] }[] = [
  {
    rule: 'kafkajs-2.2.4/end-stopped-runners.ts',
    what: 'a runner that is stopped while it joins its group for the first time begins to run when it has joined',
    why: 'It needs a first join that takes longer than 90 s, so that the service replaces the consumer, and then succeeds. No fault here lasts so long. If the service itself stops, its process ends within eight seconds, and nothing is left to see.',
    tests: ['packages/qcc-core/src/kafka/kafkajs-2.2.4/end-stopped-runners.test.ts'],
  },
  {
    rule: 'kafkajs-2.2.4/ask-for-brokers-only.ts',
    what: 'a client that knows no topic yet asks for all topics, and fails if a partition of any of them has no leader',
    why: 'Every partition of the simulation has a leader at every moment.',
    tests: ['packages/qcc-core/src/kafka/client/require-brokers.test.ts'],
  },
  {
    rule: 'wire/fetched-records.ts',
    what: 'batches are read without a look at their checksums',
    why: 'The simulated network and disks damage no bytes.',
    tests: ['packages/qcc-core/src/kafka/wire/fetched-records.test.ts'],
  },
  {
    rule: 'client/outbox.ts',
    what: 'the size of a batch is counted in characters, so a batch is larger than the limit of its topic, and is retried forever',
    why: 'The simulated brokers have no limit for a batch, and all messages of a script are small.',
    tests: ['packages/qcc-core/src/kafka/client/outbox.test.ts', 'test/integration/oversized-records.test.ts'],
  },
  {
    rule: 'exactly-once/lane.ts',
    what: 'a client repeats the commit of a transaction by itself if the response was lost',
    why: 'The model runs the real kafkajs, which sends this request once and refuses a second commit.',
    tests: ['packages/qcc-core/src/kafka/exactly-once/lane.test.ts'],
  },
];
