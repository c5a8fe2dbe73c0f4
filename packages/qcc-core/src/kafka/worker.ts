import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { describeError } from '../errors.ts';
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

/** Between losing a lane and opening it anew: another owner may have fenced it and the group not have said so yet. */
const REOPEN_PAUSE_MS = 1_000;

/**
 * The only consume → process → deliver → commit loop of the transactional services, and their contract:
 * - what `process` delivers and the input offset are one transaction, seen by `read_committed` readers once;
 * - before the first message of a partition the lane has fenced older owners, and messages below the offset that was
 *   committed by then are skipped, whatever position the consumer believed in (an OffsetFetch right after a commit may
 *   still give the old offset);
 * - a lane that fails is thrown away with its batch, and both are had anew; one that cannot be opened says so in `health`;
 * - every assigned partition has a lane, without traffic too: state such as pending details has work of its own.
 */
export async function runWorker<State>(input: WorkerInput<State>): Promise<AsyncDisposable> {
  const { health, log, service } = input;
  const topic = topicName(input.prefix, input.from);
  const assigned = new Map<number, AbortController>();
  const lanes = new Map<number, Promise<{ lane: Lane; state: State }>>();

  /** Assignment and first batch may ask at the same time: one opening serves both. */
  const acquire = (partition: number) => {
    const known = lanes.get(partition);
    if (known) return known;
    const opening = open(partition);
    lanes.set(partition, opening);
    const forget = () => {
      if (lanes.get(partition) === opening) lanes.delete(partition);
    };
    opening.then(({ lane }) => onAbort(lane.signal, forget), forget);
    return opening;
  };

  const open = async (partition: number) => {
    const { signal } = assigned.get(partition) ?? {};
    if (!signal) throw new Error(`${topic}/${partition} is not assigned to this instance`);
    const lane = await openLane({ ...input, topic, partition });
    // Whoever loses the partition lets go of it, also while its state is still being read back.
    onAbort(signal, () => void lane[Symbol.asyncDispose]());
    try {
      return { lane, state: await Promise.race([input.openState(lane), rejectOnAbort(lane.signal)]) };
    } catch (error) {
      await lane[Symbol.asyncDispose]();
      throw error;
    }
  };

  const keepOpen = async (partition: number, signal: AbortSignal): Promise<void> => {
    const healthPart = `lane ${topic}/${partition}`;
    while (!signal.aborted) {
      try {
        const { lane } = await acquire(partition);
        health.set(healthPart, null);
        await new Promise<void>((resolve) => onAbort(lane.signal, resolve));
        if (!signal.aborted)
          log.warn({ partition }, `lane lost, it is opened anew: ${describeError(lane.signal.reason)}`);
      } catch (error) {
        if (signal.aborted) break;
        health.set(healthPart, `the lane cannot be opened: ${describeError(error)}`);
        log.warn({ partition }, `lane not opened, it is tried again: ${describeError(error)}`);
      }
      await sleep(REOPEN_PAUSE_MS, undefined, { signal }).catch(() => {});
    }
    health.set(healthPart, null);
  };

  const assign = (partitions: ReadonlySet<number>): void => {
    for (const [partition, held] of assigned) {
      if (partitions.has(partition)) continue;
      assigned.delete(partition);
      held.abort(new Error(`${topic}/${partition} went to another instance`));
    }
    for (const partition of partitions) {
      if (assigned.has(partition)) continue;
      const held = new AbortController();
      assigned.set(partition, held);
      void keepOpen(partition, held.signal);
    }
  };

  const consumer = await consume({
    ...input,
    topics: [topic],
    concurrency: input.from.partitions,
    onAssigned: (assignment) => assign(new Set(assignment[topic])),
    async onBatch({ partition, messages, nextOffset, signal }) {
      const { lane, state } = await acquire(partition);
      const due = messages.filter(({ offset }) => BigInt(offset) >= lane.nextOffset);
      if (due.length === 0) return;
      await input.process({ lane, state, messages: due, nextOffset, signal: AbortSignal.any([signal, lane.signal]) });
      if (lane.nextOffset < nextOffset) {
        throw new Error(`${service} returned without committing ${topic}/${partition} up to ${nextOffset}`);
      }
    },
  });

  return {
    async [Symbol.asyncDispose]() {
      await consumer[Symbol.asyncDispose]();
      const open = [...lanes.values()];
      assign(new Set());
      await Promise.allSettled(open.map(async (opening) => (await opening).lane[Symbol.asyncDispose]()));
    },
  };
}

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => onAbort(signal, () => reject(signal.reason)));

/** At once where it has aborted already. */
function onAbort(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}
