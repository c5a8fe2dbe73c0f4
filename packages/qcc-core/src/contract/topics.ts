/**
 * Every topic of the pipeline. Partition counts are part of the contract and never change: keys would move, and the
 * transactional ids of the worker loop are made of them.
 */
export type TopicSpec = {
  /** Name without `TOPIC_PREFIX`. */
  name: string;
  partitions: number;
  cleanup: 'delete' | 'compact';
  /** Milliseconds, -1 for ever; compacted topics keep the newest value of each key whatever it says. */
  retentionMs: number;
  maxMessageBytes: number;
  /** What writes it. */
  owner:
    | 'callback-gateway'
    | 'archive-extractor'
    | 'detail-enricher'
    | 'every service'
    | 'archive-extractor, detail-enricher, npx qcc'
    | 'npx qcc';
  key: string;
  visibility: 'public' | 'internal';
  description: string;
};

const DAY_MS = 86_400_000;
const MIB = 1_048_576;

export const TOPICS = {
  orders: {
    name: 'orders',
    partitions: 3,
    cleanup: 'delete',
    retentionMs: 30 * DAY_MS,
    maxMessageBytes: MIB,
    owner: 'callback-gateway',
    key: 'orderNo',
    visibility: 'public',
    description: 'one message per order to fetch',
  },
  records: {
    name: 'records',
    partitions: 6,
    cleanup: 'delete',
    retentionMs: 30 * DAY_MS,
    maxMessageBytes: MIB,
    owner: 'archive-extractor',
    key: 'corpKeyNo',
    visibility: 'public',
    description: 'one message per change',
  },
  enrichedRecords: {
    name: 'enriched-records',
    partitions: 6,
    cleanup: 'delete',
    retentionMs: 30 * DAY_MS,
    maxMessageBytes: 8 * MIB,
    owner: 'detail-enricher',
    key: 'corpKeyNo',
    visibility: 'public',
    description: 'the change with its details; those too large for it leave it, marked and counted',
  },
  orderEvents: {
    name: 'order-events',
    partitions: 3,
    cleanup: 'delete',
    retentionMs: 90 * DAY_MS,
    maxMessageBytes: MIB,
    owner: 'every service',
    key: 'orderNo',
    visibility: 'public',
    description: 'facts about orders, the source of the ledger',
  },
  deadLetters: {
    name: 'dead-letters',
    partitions: 3,
    cleanup: 'delete',
    retentionMs: 90 * DAY_MS,
    maxMessageBytes: MIB,
    owner: 'every service',
    key: "the original's",
    visibility: 'public',
    description: 'what could not be processed, as received',
  },
  orderState: {
    name: 'order-state',
    partitions: 3,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'archive-extractor',
    key: 'account|orderNo',
    visibility: 'internal',
    description: 'how far each order is published; partitioned as orders',
  },
  inputOffsets: {
    name: 'input-offsets',
    partitions: 6,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'archive-extractor, detail-enricher, npx qcc',
    key: 'service|topic|partition, service|topic|partition|set|time',
    visibility: 'internal',
    description: 'where extractor and enricher go on in their input; partitioned as their input',
  },
  pendingDetails: {
    name: 'pending-details',
    partitions: 6,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'detail-enricher',
    key: 'account|orderNo|revision|position',
    visibility: 'internal',
    description: 'records that wait for details; partitioned as records',
  },
  detailGate: {
    name: 'detail-gate',
    partitions: 1,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'detail-enricher',
    key: 'account, account|consent',
    visibility: 'internal',
    description: 'whether detail calls may be made, known to every instance',
  },
  detailSpend: {
    name: 'detail-spend',
    partitions: 6,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'detail-enricher',
    key: 'account|day|partition of records',
    visibility: 'internal',
    description: 'detail calls per day, endpoint and code; partitioned as records',
  },
  coverage: {
    name: 'coverage',
    // Whoever owns the one partition polls QCC.
    partitions: 1,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'callback-gateway',
    key: 'account|kind|what',
    visibility: 'internal',
    description:
      'checks of push windows against the list of orders, gaps, activations; closed gaps come from `npx qcc`',
  },
  deadLetterActions: {
    name: 'dead-letter-actions',
    partitions: 3,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'npx qcc',
    key: 'dead letter',
    visibility: 'internal',
    description: 'which dead letters were replayed or discarded',
  },
  orderClosures: {
    name: 'order-closures',
    partitions: 1,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'npx qcc',
    key: 'account|orderNo|revision',
    visibility: 'internal',
    description: 'orders that failed or are incomplete, and that a person has closed',
  },
  erasures: {
    name: 'erasures',
    partitions: 1,
    cleanup: 'compact',
    retentionMs: -1,
    maxMessageBytes: MIB,
    owner: 'npx qcc',
    key: 'account|id',
    visibility: 'internal',
    description: 'companies and persons that were erased, as keyed hashes',
  },
} as const satisfies Record<string, TopicSpec>;

/** The topic's name in the cluster. */
export const topicName = (prefix: string, topic: TopicSpec): string => `${prefix}${topic.name}`;

/** A partition in messages to people and as the key of a map: `records/3`. */
export const partitionName = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`;
