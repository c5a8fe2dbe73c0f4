import type { KafkaMessage } from 'kafkajs';
import { type ConsumeInput, consume } from './consume.ts';
import { type Lane, openLane } from './lane.ts';
import { type TopicSpec, topicName } from './topics.ts';

export type WorkerInput<State> = Omit<ConsumeInput, 'topics' | 'onBatch' | 'onAssigned' | 'concurrency'> & {
  prefix: string;
  service: string;
  from: TopicSpec;
  /**
   * Builds what the service keeps per partition, once the lane is open and nobody else can write: read back state
   * here. Whatever runs beside the batches has to end when `lane.signal` aborts.
   */
  openState(lane: Lane): Promise<State>;
  /**
   * Does messages of one partition, oldest first. Must have committed `nextOffset` through the lane when it returns;
   * may commit less in between. Throwing gives the rest back.
   */
  process(input: {
    lane: Lane;
    state: State;
    messages: KafkaMessage[];
    nextOffset: bigint;
    signal: AbortSignal;
  }): Promise<void>;
};

/**
 * The only consume → process → deliver → commit loop of the transactional services, and their contract:
 * - what `process` delivers and the input offset are one transaction, seen by `read_committed` readers once;
 * - before the first message of a partition the lane has fenced older owners, and messages below the offset that was
 *   committed by then are skipped, whatever position the consumer believed in (an OffsetFetch right after a commit may
 *   still give the old offset);
 * - a lane that fails is thrown away with its batch, and both are had anew.
 */
export async function runWorker<State>(input: WorkerInput<State>): Promise<AsyncDisposable> {
  const topic = topicName(input.prefix, input.from);
  const lanes = new Map<number, { lane: Lane; state: State }>();

  const acquire = async (partition: number) => {
    const known = lanes.get(partition);
    if (known && !known.lane.signal.aborted) return known;
    const lane = await openLane({ ...input, topic, partition });
    try {
      const opened = { lane, state: await input.openState(lane) };
      lanes.set(partition, opened);
      return opened;
    } catch (error) {
      await lane[Symbol.asyncDispose]();
      throw error;
    }
  };

  const release = async (keep: (partition: number) => boolean): Promise<void> => {
    const gone = [...lanes].filter(([partition]) => !keep(partition));
    for (const [partition] of gone) lanes.delete(partition);
    await Promise.all(gone.map(([, { lane }]) => lane[Symbol.asyncDispose]()));
  };

  const consumer = await consume({
    ...input,
    topics: [topic],
    concurrency: input.from.partitions,
    onAssigned(assignment) {
      const mine = new Set(assignment[topic] ?? []);
      void release((partition) => mine.has(partition));
      // Opened at once, not at the first message: state such as pending details has work of its own to go on with.
      for (const partition of mine) {
        void acquirePartition(partition).catch((error: unknown) => {
          input.log.warn({ partition }, `lane not opened yet: ${error instanceof Error ? error.message : error}`);
        });
      }
    },
    async onBatch({ partition, messages, nextOffset, signal }) {
      const { lane, state } = await acquirePartition(partition);
      const due = messages.filter(({ offset }) => BigInt(offset) >= lane.nextOffset);
      if (due.length === 0) return;
      await input.process({ lane, state, messages: due, nextOffset, signal: AbortSignal.any([signal, lane.signal]) });
      if (lane.nextOffset < nextOffset) {
        throw new Error(`${input.service} returned without committing ${topic}/${partition} up to ${nextOffset}`);
      }
    },
  });

  /** Assignment and first batch may ask at the same time: one opening serves both. */
  const opening = new Map<number, Promise<{ lane: Lane; state: State }>>();
  function acquirePartition(partition: number) {
    const current = opening.get(partition) ?? acquire(partition).finally(() => opening.delete(partition));
    opening.set(partition, current);
    return current;
  }

  return {
    async [Symbol.asyncDispose]() {
      await consumer[Symbol.asyncDispose]();
      await release(() => false);
    },
  };
}
