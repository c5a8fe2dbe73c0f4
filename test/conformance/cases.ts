import type { Case } from './case.ts';
import * as brokers from './cases/brokers.ts';
import * as coordinators from './cases/coordinators.ts';
import * as fences from './cases/fences.ts';
import * as leaders from './cases/leaders.ts';
import * as messages from './cases/messages.ts';
import * as offsets from './cases/offsets.ts';
import * as transactions from './cases/transactions.ts';

/** Every case, in the order of running: those that end a broker come last. */
export const CASES: Readonly<Record<string, Case>> = {
  'several-partitions': transactions.severalPartitions,
  'aborted-invisible': transactions.abortedInvisible,
  'overlapping-aborted': transactions.overlappingAborted,
  'empty-transactions': transactions.emptyTransactions,
  'second-fences-first': fences.secondFencesFirst,
  'frozen-is-fenced': fences.frozenIsFenced,
  'missing-offset': offsets.missingOffset,
  'beyond-end': offsets.beyondEnd,
  'below-first': offsets.belowFirst,
  'too-large': messages.tooLarge,
  'reads-gzip': messages.readsGzip,
  'reads-zstd': messages.readsZstd,
  'reads-lz4': messages.readsLz4,
  'reads-snappy': messages.readsSnappy,
  'moved-leader-transactional': leaders.transactionalMeetsMovedLeader,
  'moved-leader-idempotent': leaders.idempotentMeetsMovedLeader,
  'moved-leader-idempotent-once': leaders.idempotentMeetsMovedLeaderOnce,
  'random-moves-transactional': leaders.transactionalDuringMoves,
  'random-moves-idempotent': leaders.idempotentDuringMoves,
  'transaction-coordinator-moves': coordinators.transactionCoordinatorMoves,
  'group-coordinator-moves': coordinators.groupCoordinatorMovesOn,
  'join-meets-loading': coordinators.joinMeetsLoading,
  'leader-killed-transactional': leaders.transactionalLeaderKilled,
  'leader-killed-idempotent': leaders.idempotentLeaderKilled,
  'hung-broker': brokers.hungBroker,
  'unclean-election': brokers.uncleanElection,
  'unclean-election-in-group': brokers.uncleanElectionInGroup,
};
