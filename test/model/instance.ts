import './kafkajs-seams.ts';
import type { Kafka } from 'kafkajs';
import { createHealth, type Health } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { TOPICS, type TopicSpec, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { consume } from 'qcc-core/kafka/client/consume';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { runWorker } from 'qcc-core/kafka/exactly-once/worker';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import { HOST, PORT } from './cluster/broker.ts';
import { BROKERS, type Cluster } from './cluster/cluster.ts';
import { clientOf } from './defects.ts';
import { SimulatedProcess } from './virtual-time.ts';

export const INPUT = TOPICS.orders;
/** Each message goes to its own partition of one topic, and a copy to another broker: a transaction spans brokers. */
export const OUTPUT = TOPICS.records;
export const COPIES = TOPICS.orderEvents;
/** Partition of the output to which all lanes write, as those of the extractor do: transactions overlap there. */
export const SHARED_PARTITION = 3;
/** What a lane writes next to its input, as the enricher its pending details. */
export const WORK = TOPICS.pendingDetails;
/** A small table that is created again, see the fault `createAgain`. */
export const RECREATED = TOPICS.detailGate;
export const PREFIX = '';
export const SERVICE = 'model';
export const GROUP = 'model-group';
export const READER_GROUP = 'model-reader';
const SESSION_TIMEOUT_MS = 6_000;
/** A batch takes several transactions. */
const MESSAGES_PER_TRANSACTION = 2;
/** How often a service does a part of a batch only. */
const GIVES_UP = 0.05;
const WORK_MS = 100;
const WORK_EVERY_MS = 1_000;

export type Instance = {
  process: SimulatedProcess;
  health: Health;
  /** Lines of its log. */
  lines: string[];
  /** Ends it as SIGTERM does. */
  stop(): Promise<void>;
};

/** JSON in the place of Avro, so that no registry is needed. */
const codec = {
  encode: (_topic: string, value: object) => Buffer.from(JSON.stringify(value)),
  decode: async (_topic: string, bytes: Buffer) => JSON.parse(bytes.toString()),
} as never;

type Common = { kafka: Kafka; health: Health; log: ReturnType<typeof createLogger>; sessionTimeoutMs: number };

function start(cluster: Cluster, name: string, open: (common: Common) => Promise<AsyncDisposable>): Instance {
  const process = new SimulatedProcess(name);
  const health = createHealth({ parts: [] });
  const lines: string[] = [];
  const write = (line: string) => void lines.push(`${(cluster.time.now / 1_000).toFixed(3)} ${line}`);
  const opening = cluster.time.as(process, () =>
    open({
      kafka: clientOf(
        createKafka({
          settings: {
            KAFKA_BROKERS: BROKERS.map((id) => `${HOST}-${id}:${PORT}`),
            KAFKA_SASL_MECHANISM: undefined,
            KAFKA_SASL_USERNAME: undefined,
            KAFKA_SASL_PASSWORD: undefined,
            KAFKA_SSL_CA_FILE: undefined,
            KAFKA_SSL_CERT_FILE: undefined,
            KAFKA_SSL_KEY_FILE: undefined,
            KAFKA_FAST_PATHS: true,
          },
          clientId: name,
          logCreator: () => () => {},
          sessionTimeoutMs: SESSION_TIMEOUT_MS,
        }),
      ),
      health,
      log: createLogger({ service: name, level: 'info', secrets: [], destination: { write } }),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
    }),
  );
  opening.catch((error: unknown) => write(`did not start: ${error}`));
  return {
    process,
    health,
    lines,
    stop: () => cluster.time.as(process, async () => await (await opening)[Symbol.asyncDispose]()),
  };
}

/** An instance of a service that copies its input: the loop of extractor and enricher, without their work. */
export const startWorker = (cluster: Cluster, name: string): Instance =>
  start(cluster, name, (common) =>
    runWorker<void>({
      ...common,
      group: GROUP,
      prefix: PREFIX,
      service: SERVICE,
      from: INPUT,
      codec,
      healthPart: 'input',
      hasPublished: async ({ partition }) => cluster.log({ topic: OUTPUT.name, partition }).committed().length > 0,
      openState: async (lane) => void workOn(cluster, lane),
      async process({ lane, messages, nextOffset, signal }) {
        for (let at = 0; at < messages.length; at += MESSAGES_PER_TRANSACTION) {
          if (at > 0 && cluster.random() < GIVES_UP) throw new Error('the rest of the batch has to wait');
          const part = messages.slice(at, at + MESSAGES_PER_TRANSACTION);
          const isLast = at + part.length === messages.length;
          await lane.transact(
            async (transaction) => {
              signal.throwIfAborted();
              await cluster.time.sleep(cluster.takes(WORK_MS));
              await transaction.send(part.flatMap(({ key }) => outputsOf(lane.partition, String(key))));
            },
            { nextOffset: isLast ? nextOffset : BigInt(part.at(-1)!.offset) + 1n },
          );
        }
      },
    }),
  );

/** A lane has its own work, without input too, and so finds out that it is fenced. */
async function workOn(cluster: Cluster, lane: Lane): Promise<void> {
  while (!lane.signal.aborted) {
    await cluster.time.sleep(WORK_EVERY_MS);
    const message = { topic: WORK, key: 'work', value: null, partition: lane.partition };
    await lane.transact((transaction) => transaction.send([message])).catch(() => {});
  }
}

const outputsOf = (partition: number, key: string): AnyOutgoing[] => [
  { topic: OUTPUT, key, value: null, partition },
  { topic: OUTPUT, key, value: null, partition: SHARED_PARTITION },
  { topic: COPIES, key, value: null, partition },
];

/** A member of a group that commits by itself, as the sink does. It may read a message twice, and must miss none. */
export const startReader = (
  cluster: Cluster,
  name: string,
  onMessage: (message: { partition: number; offset: string; key: string }) => void,
): Instance =>
  start(cluster, name, (common) =>
    consume({
      ...common,
      group: READER_GROUP,
      topics: [topicName(PREFIX, OUTPUT)],
      concurrency: 3,
      healthPart: 'reader',
      whenTruncated: 'readAgain',
      async onBatch({ partition, messages, commit }) {
        for (const { offset, key } of messages) onMessage({ partition, offset, key: String(key) });
        await commit();
      },
    }),
  );

/** Reads a table as every service does, and tells each value once. */
export const startTable = (
  cluster: Cluster,
  { name, topic, onValue }: { name: string; topic: TopicSpec; onValue: (key: string, value: string) => void },
): Instance =>
  start(cluster, name, (common) =>
    openTable({
      ...common,
      topic,
      prefix: PREFIX,
      group: `${PREFIX}qcc.${name}`,
      onValue: (key, value) => onValue(key, value.toString()),
    }),
  );
