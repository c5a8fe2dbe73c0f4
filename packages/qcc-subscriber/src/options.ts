import type { Registry } from 'prom-client';
import type { ChangeRecord, EnrichedRecord, ErasedRecord } from './generated/topics.ts';
import type { VersionStore } from './store/version-store.ts';

/** The topics whose messages are changes of companies. */
export type ChangeTopic = 'enriched-records' | 'records';

/**
 * Where a group without committed offsets begins. A group that has committed goes on behind its offsets, whatever this says.
 * - `history`: the current state from ClickHouse, and then the topic without a gap. Only for `enriched-records`.
 * - `earliest`: every occurrence that the topic retains.
 * - `latest`: changes that are published from now on.
 */
export type StartFrom = 'history' | 'earliest' | 'latest';

/**
 * Which changes are delivered.
 * - `newest`: those whose version is greater than the greatest one so far of their (account, id). Only for `enriched-records`.
 * - `all`: every message. `delivery.isNewest` says which is the newest.
 */
export type Versions = 'newest' | 'all';

/** A customer of the portfolio whom a change is about. */
export type PortfolioMatch = {
  portfolio: string;
  member: string;
  matchedBy: 'CREDIT_CODE' | 'REG_NO' | 'NAME' | 'FORMER_NAME';
  /** The change has another credit code than the customer: it may be about a company with the same name. */
  hasOtherCreditCode: boolean;
};

export type Delivery = {
  from: 'history' | 'topic';
  /** Whether the version is greater than every one before it of this (account, id). Always true on `records`, which has no version. */
  isNewest: boolean;
  /** Place in `enriched-records` or `records`; of a change from history, that of the message that ClickHouse stored. */
  partition: number;
  offset: bigint;
  /** When the message was written, milliseconds since the epoch. */
  timestamp: number;
  /** Empty from history. `qcc.replay-of` is there if an operator published the same bytes again. */
  headers: Readonly<Record<string, string>>;
  /** Empty without `filter.portfolios`. */
  portfolios: readonly PortfolioMatch[];
};

/** A change of a company, as the topic has it, and how it came. */
export type Change<Topic extends ChangeTopic = 'enriched-records'> = (Topic extends 'enriched-records'
  ? EnrichedRecord
  : { record: ChangeRecord }) & { delivery: Delivery };

/** Lists of values of which one has to match; all lists that are given have to match. */
export type ChangeFilter = {
  accounts?: readonly string[];
  /** `corpKeyNo`. */
  companies?: readonly string[];
  /** 监测类型. */
  types?: readonly string[];
  /** 监测级别. */
  categories?: readonly string[];
  /** Names of portfolios: only changes of their customers. Needs the topic `portfolio`. */
  portfolios?: readonly string[];
};

/** What could not be handled. Its offset is committed after the hook has resolved. */
export type DeadLetter<Topic extends ChangeTopic = 'enriched-records'> =
  | { kind: 'handler'; change: Change<Topic>; error: unknown; attempts: number }
  | {
      kind: 'undecodable';
      topic: string;
      partition: number;
      offset: bigint;
      key: Uint8Array | null;
      value: Uint8Array | null;
      error: unknown;
    };

export type Handler<Topic extends ChangeTopic = 'enriched-records'> = (
  change: Change<Topic>,
  context: {
    /**
     * Aborts when the group rebalances, when the connection to the group is lost, and when the time to close is over. Stop then: another
     * member may get the partition. If this member keeps the partition, it calls the handler for it again after this call has ended.
     */
    signal: AbortSignal;
    /** From 1. */
    attempt: number;
  },
) => void | Promise<void>;

export type RetryOptions = {
  /** After the first attempt. Default 5. */
  retries?: number;
  /** Before the first retry; it doubles. Default 200. */
  firstPauseMs?: number;
  /** Default 30,000. */
  longestPauseMs?: number;
};

export type Login = { username: string; password: string };

export type KafkaOptions = {
  brokers?: readonly string[];
  clientId?: string;
  /** `true` for TLS with the system's authorities. Texts in PEM. */
  ssl?: boolean | { ca?: string; cert?: string; key?: string };
  sasl?: Login & { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' };
  /** Default 10,000. */
  sessionTimeoutMs?: number;
};

export type RegistryOptions = Partial<Login> & {
  /** Base URL of an API like Confluent's. */
  url?: string;
  /** Text in PEM: the authority of its certificate, if it is not one of the system's. */
  ca?: string;
  /** For a proxy, instead of `ca`. Default: the global `fetch`. */
  fetch?: typeof fetch;
};

export type ClickHouseOptions = Partial<Login> & {
  url?: string;
  database?: string;
  /** Text in PEM. */
  ca?: string;
};

/** Takes texts for people. They contain no values of messages, and no secrets. */
export type Log = { warn(message: string): void; error(message: string): void };

export type SubscribeOptions<Topic extends ChangeTopic = 'enriched-records'> = {
  topic: Topic;
  /** Consumer group. Instances with the same group share the partitions. */
  group: string;
  from: Topic extends 'enriched-records' ? StartFrom : Exclude<StartFrom, 'history'>;
  /** Default: `all` with `earliest` and on `records`, otherwise `newest`. */
  versions?: Topic extends 'enriched-records' ? Versions : 'all';
  filter?: ChangeFilter;
  /**
   * Keeps the newest version of each record, and which erasures were handled. Default: in memory, which forgets at the end of the
   * process. The subscription does not close it.
   */
  store?: VersionStore;
  retry?: RetryOptions;
  /** Without it, a change that cannot be handled ends the subscription with an error. If it rejects, the subscription ends too. */
  onDeadLetter?(deadLetter: DeadLetter<Topic>): void | Promise<void>;
  /**
   * Erases what you hold of a company or a record. It is called for each erasure that the store does not know, before the first change
   * and while the subscription runs, and after handlers of these records have ended. A call that fails is repeated as `retry` says, also
   * in a loop; after the last one the subscription ends with an error.
   */
  onErased?(erasure: ErasedRecord): void | Promise<void>;
  /** Partitions that are handled at the same time. Default 1. Changes of one company are always handled in turn. */
  concurrency?: number;
  /**
   * After a handled change, offsets are committed if the last commit is at least this long ago. Each fetched batch also ends with a
   * commit. While a handler runs, nothing is committed. Default 1,000.
   */
  commitIntervalMs?: number;
  /** How long a close waits for the handler. Default 10,000. */
  closeTimeoutMs?: number;
  /** Ends the subscription gracefully. */
  signal?: AbortSignal;
  /** Where metrics go. Without it there are none. */
  metrics?: Registry;
  /** Default: the console. */
  log?: Log;
  /** Without an option, the environment variables with the names of the pipeline's settings apply, and then the local stack. */
  kafka?: KafkaOptions;
  registry?: RegistryOptions;
  clickhouse?: ClickHouseOptions;
  /** The pipeline's TOPIC_PREFIX. */
  topicPrefix?: string;
};

/** A subscription starts with the first call of `run` or `next`. It can be used once. */
export type Subscription<Topic extends ChangeTopic = 'enriched-records'> = AsyncIterable<Change<Topic>> &
  AsyncDisposable & {
    /**
     * Handles changes until the subscription is closed. The offset of a change is committed after its handler has resolved.
     * @throws SubscriptionError
     */
    run(handler: Handler<Topic>): Promise<void>;
    /** Waits for handlers that are running, commits, and leaves the group. */
    close(): Promise<void>;
    /** What keeps it from reading, for a readiness check; null if nothing does. */
    readonly problem: string | null;
  };
