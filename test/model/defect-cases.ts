import fc from 'fast-check';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Defect } from './defects.ts';
import { LED_TOPICS, scriptOf } from './faults.ts';
import { INPUT, OUTPUT } from './instance.ts';
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

export type DefectCase = {
  defect: Defect;
  scripts: fc.Arbitrary<Script>;
  seed: number;
  /** What is wrong then. */
  shows: RegExp;
};

export const DEFECT_CASES: readonly DefectCase[] = [
  { defect: 'sends are retried', scripts: scriptOf(['moveLeader'], 12), seed: 1, shows: /lacks|twice/ },
  {
    defect: 'commits stay at the former coordinator',
    scripts: joinsMeetLoading,
    seed: 1,
    shows: /the reader/,
  },
  {
    defect: 'a member joined by half is kept',
    scripts: responsesToSyncAreLost,
    seed: 1,
    shows: /lacks/,
  },
  { defect: 'hung connections stay open', scripts: scriptOf(['loseBroker'], 1), seed: 1, shows: /lacks/ },
  {
    defect: 'an earlier end means created again',
    scripts: tableMoves,
    seed: 1,
    shows: /the table told/,
  },
  { defect: 'no offset means 0', scripts: scriptOf(['dropOffsets', 'crash'], 5), seed: 1, shows: /twice/ },
  { defect: 'a position beyond the end starts over', scripts: quietLosses, seed: 1, shows: /lacks/ },
  { defect: 'leader epochs are not compared', scripts: busyLosses, seed: 1, shows: /lacks/ },
  { defect: 'the consumer stays where it is', scripts: commitsFailAfterJoins, seed: 1, shows: /lacks/ },
  { defect: 'a failed transaction is aborted', scripts: lateMessages, seed: 1, shows: /lacks|twice/ },
  { defect: 'silence changes nothing', scripts: scriptOf(['cutOff'], 1), seed: 1, shows: /lane broken/ },
  {
    defect: 'partitions are added in parallel',
    scripts: scriptOf(['dropOffsets'], 1),
    seed: 1,
    shows: /twice/,
  },
];
