/** The interface between the conformance suite and a Kafka client. An adapter implements it for each client; the suite uses nothing else. */

/** One partition. */
export type TopicPartition = { topic: string; partition: number };

export type Sent = TopicPartition & { key: string; value: Buffer };
export type Received = TopicPartition & { key: string; offset: bigint };

/** One input partition of a group, whose offset a transaction commits. */
export type Input = TopicPartition & { group: string };

/** Begins, sends and ends one transaction after another. After a failure only `abort` and `close` may be called. */
export type TransactionalProducer = {
  begin(): Promise<void>;
  /** Resolves when the brokers have stored all messages, uncommitted. */
  send(messages: readonly Sent[]): Promise<void>;
  /** @param nextOffset Of the input, committed in the same transaction. */
  commit(nextOffset?: bigint): Promise<void>;
  abort(): Promise<void>;
  close(): Promise<void>;
};

export type PlainProducer = {
  /** Resolves when all messages are durable (acks=all). When it rejects, each of them may be stored or not. */
  send(messages: readonly Sent[]): Promise<void>;
  close(): Promise<void>;
};

export type Progress = {
  messages: Received[];
  /** The next offset of each partition, behind control records and aborted messages too. */
  positions: (TopicPartition & { offset: bigint })[];
  /** Errors that the client reported to its user. */
  problems: string[];
};

export type Reader = {
  /** Everything that was received since the last call. */
  take(): Promise<Progress>;
  close(): Promise<void>;
};

export type KafkaClient = {
  /**
   * Resolves when every older producer with this id is fenced.
   * @param input Of which the transactions commit offsets.
   */
  openTransactional(options: { id: string; input: Input }): Promise<TransactionalProducer>;
  openIdempotent(): Promise<PlainProducer>;
  /** Reads committed messages from the given offsets on; an offset that does not exist is an error. */
  openReader(from: readonly (TopicPartition & { offset: bigint })[]): Promise<Reader>;
  /**
   * Joins a group and commits the offset behind each batch that it hands out. A partition without a committed offset is
   * read from its beginning.
   */
  joinGroup(options: { group: string; topic: string }): Promise<Reader>;
  /** The committed offset of each partition asked for; null if there is none. */
  committedOffsets(options: {
    group: string;
    topic: string;
    partitions: readonly number[];
  }): Promise<(bigint | null)[]>;
};

/** Makes a client; called in a separate process. */
export type OpenClient = (options: { brokers: readonly string[] }) => Promise<KafkaClient>;

/** Names that the suite's command knows, and what each of them is. */
export const CLIENTS = {
  kafkajs: 'kafkajs 2.2.4 with the guards of `packages/qcc-core/src/kafka`',
  'kafkajs-plain': 'kafkajs 2.2.4 as it is',
  'librdkafka-kafkajs': 'librdkafka for producing, kafkajs with the guards for consuming',
  librdkafka: 'librdkafka by @confluentinc/kafka-javascript 1.10.1',
  platformatic: '@platformatic/kafka 2.12.1',
} as const;
export type ClientName = keyof typeof CLIENTS;

export const MAX_MESSAGE_BYTES = 8 * 1_048_576;
/** Of a transaction. Longer than any fault of the suite, so that only faults and fences end one. */
export const TRANSACTION_TIMEOUT_MS = 60_000;
