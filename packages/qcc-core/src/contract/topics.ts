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
  /**
   * Who needs the right to write it, the main writer first. `npx qcc dead-letters replay` also writes to the topic that a
   * dead letter comes from, if it is not replayed as an order.
   */
  writers: readonly ('callback-gateway' | 'archive-extractor' | 'detail-enricher' | 'sink' | 'alerter' | 'npx qcc')[];
  key: string;
  visibility: 'public' | 'internal';
  description: string;
};

const DAY_MS = 86_400_000;
const MIB = 1_048_576;
/** A log that others may read. */
const PUBLIC = { cleanup: 'delete', maxMessageBytes: MIB, visibility: 'public' } as const;
/** The newest value of each key, for the pipeline's own use. */
const INTERNAL = { cleanup: 'compact', retentionMs: -1, maxMessageBytes: MIB, visibility: 'internal' } as const;

export const TOPICS = {
  orders: {
    ...PUBLIC,
    name: 'orders',
    partitions: 3,
    retentionMs: 30 * DAY_MS,
    writers: ['callback-gateway', 'npx qcc'],
    key: 'orderNo',
    description: 'one message per order to fetch',
  },
  records: {
    ...PUBLIC,
    name: 'records',
    partitions: 6,
    retentionMs: 30 * DAY_MS,
    writers: ['archive-extractor'],
    key: 'corpKeyNo',
    description: 'one message per change',
  },
  enrichedRecords: {
    ...PUBLIC,
    name: 'enriched-records',
    partitions: 6,
    retentionMs: 30 * DAY_MS,
    maxMessageBytes: 8 * MIB,
    writers: ['detail-enricher'],
    key: 'corpKeyNo',
    description:
      'the change with its details; details that are too large are left out, and incomplete lists are marked',
  },
  orderEvents: {
    ...PUBLIC,
    name: 'order-events',
    partitions: 3,
    retentionMs: 90 * DAY_MS,
    writers: ['callback-gateway', 'archive-extractor', 'detail-enricher', 'sink'],
    key: 'orderNo',
    description: 'facts about orders, the source of the ledger',
  },
  deadLetters: {
    ...PUBLIC,
    name: 'dead-letters',
    partitions: 3,
    retentionMs: 90 * DAY_MS,
    writers: ['archive-extractor', 'detail-enricher', 'sink', 'alerter'],
    key: "the original's; target|message for alerts that were not delivered",
    description: 'what could not be processed, as received',
  },
  orderState: {
    ...INTERNAL,
    name: 'order-state',
    partitions: 3,
    writers: ['archive-extractor', 'callback-gateway'],
    key: 'account|orderNo',
    description: 'how far each order is published; partitioned as orders',
  },
  inputOffsets: {
    ...INTERNAL,
    name: 'input-offsets',
    partitions: 6,
    writers: ['archive-extractor', 'detail-enricher', 'alerter', 'npx qcc'],
    key: 'service|topic|partition, service|topic|partition|set|time',
    description: 'where extractor, enricher and alerter go on in their input; partitioned as their input',
  },
  pendingDetails: {
    ...INTERNAL,
    name: 'pending-details',
    partitions: 6,
    writers: ['detail-enricher'],
    key: 'account|orderNo|revision|position',
    description: 'records that wait for details; partitioned as records',
  },
  detailGate: {
    ...INTERNAL,
    name: 'detail-gate',
    partitions: 1,
    writers: ['detail-enricher', 'npx qcc'],
    key: 'account, account|consent',
    description: 'whether detail calls may be made, known to every instance',
  },
  detailSpend: {
    ...INTERNAL,
    name: 'detail-spend',
    partitions: 6,
    writers: ['detail-enricher'],
    key: 'account|day|partition of records',
    description: 'detail calls per day, endpoint and code; partitioned as records',
  },
  coverage: {
    ...INTERNAL,
    name: 'coverage',
    // Whoever owns the one partition polls QCC.
    partitions: 1,
    writers: ['callback-gateway', 'npx qcc'],
    key: 'account|kind|what',
    description: 'checks of push windows against the list of orders, gaps and closed gaps, activations',
  },
  deadLetterActions: {
    ...INTERNAL,
    name: 'dead-letter-actions',
    partitions: 3,
    writers: ['npx qcc'],
    key: 'dead letter',
    description: 'which dead letters were replayed or discarded',
  },
  orderClosures: {
    ...INTERNAL,
    name: 'order-closures',
    partitions: 1,
    writers: ['npx qcc'],
    key: 'account|orderNo|revision',
    description: 'orders that failed or are incomplete, and that a person has closed',
  },
  erasures: {
    ...INTERNAL,
    name: 'erasures',
    partitions: 1,
    writers: ['npx qcc'],
    key: 'account|id',
    description: 'companies and persons that were erased, as keyed hashes',
  },
  erasedRecords: {
    ...INTERNAL,
    name: 'erased-records',
    visibility: 'public',
    partitions: 1,
    writers: ['npx qcc', 'sink'],
    key: 'account|corpKeyNo, account|corpKeyNo|id',
    description: 'what was erased, so that subscribers erase it, too',
  },
  portfolio: {
    ...INTERNAL,
    name: 'portfolio',
    visibility: 'public',
    // One load is one transaction, and its customers follow one another.
    partitions: 1,
    writers: ['npx qcc'],
    key: 'account|portfolio|member',
    description: "the operator's customers; removed ones stay, marked as such",
  },
  alertState: {
    ...INTERNAL,
    name: 'alert-state',
    // One instance sends everything, so that a target's limit and order hold.
    partitions: 1,
    writers: ['alerter'],
    key: 'account|start|partition, account|event|JSON array of corpKeyNo, type and id of the change, account|alert|target|alert, account|message|target',
    description: 'changes that rules have decided about, and alerts that are not sent yet',
  },
} as const satisfies Record<string, TopicSpec>;

/** The topic's name in the cluster. */
export const topicName = (prefix: string, topic: TopicSpec): string => `${prefix}${topic.name}`;

/** A partition in messages to people and as the key of a map: `records/3`. */
export const partitionName = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`;
