import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import type { AvroCodec } from '../avro/codec.ts';
import { describeError } from '../errors.ts';
import type { Health } from '../health.ts';
import { startTimeLimit } from '../time-limit.ts';
import { type ConsumeInput, consume } from './consume.ts';
import { InputOffsetError, openInputOffsets } from './input-offsets.ts';
import { type Lane, openLane } from './lane.ts';
import { type TopicSpec, topicName } from './topics.ts';

export type WorkerInput<State> = Omit<
  ConsumeInput,
  'topics' | 'onBatch' | 'onAssigned' | 'concurrency' | 'health' | 'readsAll'
> & {
  prefix: string;
  service: string;
  from: TopicSpec;
  codec: Pick<AvroCodec, 'encode' | 'decode'>;
  health: Health;
  /**
   * Whether the service has published from this partition before, as far as its output tells. It is asked only if no input
   * offset is known: reading from the beginning is right for a new service, but any other service would publish everything twice.
   */
  hasPublished(lane: Pick<Lane, 'partition' | 'transact'>): Promise<boolean>;
  /**
   * Builds what the service keeps per partition, after the lane is open and no other instance can write: read back state here.
   * Work that runs next to the batches has to end when `lane.signal` aborts.
   */
  openState(lane: Lane): Promise<State>;
  /**
   * Processes messages of one partition, oldest first. Must have committed `nextOffset` through the lane when it returns;
   * may commit less in between. If it throws, the rest comes again.
   */
  process(input: {
    lane: Lane;
    state: State;
    messages: KafkaMessage[];
    nextOffset: bigint;
    signal: AbortSignal;
  }): Promise<void>;
};

/** Between losing a lane and opening it again: another owner may have fenced it before the group has told this one. */
const REOPEN_PAUSE_MS = 1_000;
/** Longer than a transaction that another service left open can hide messages from the reading back of state. */
const OPEN_LIMIT_MS = 90_000;

/**
 * The only consume → process → deliver → commit loop of the transactional services, and their contract:
 * - the messages that `process` sends and the input offset are one transaction, and `read_committed` readers see it once;
 * - before the first message of a partition, the lane has fenced older owners and read from `input-offsets` where to go on.
 *   Messages below that are skipped, wherever the consumer group begins;
 * - a lane that fails is discarded with its batch, and both are tried again. A lane that cannot be opened says why in `health`;
 * - every assigned partition has a lane, without traffic too, because state such as pending details has its own work.
 */
export async function runWorker<State>(input: WorkerInput<State>): Promise<AsyncDisposable> {
  const { health, log, service } = input;
  const topic = topicName(input.prefix, input.from);
  const offsets = await openInputOffsets(input);
  const assigned = new Map<number, AbortController>();
  let isClosing = false;
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

  /** Ends with the assignment that it was begun for, and after a limit: a batch waits for it, and with it the whole consumer. */
  const open = async (partition: number) => {
    const held = assigned.get(partition)?.signal;
    if (!held) throw new Error(`${topic}/${partition} is not assigned to this instance`);
    using limit = startTimeLimit(OPEN_LIMIT_MS, held);
    const late = rejectOnAbort(limit.signal);
    late.catch(() => {}); // nobody waits for it after the lane has opened
    const opening = openLane({ ...input, topic, partition, offsets });
    try {
      const lane = await Promise.race([opening, late]);
      // The next owner need not wait for this one; at the end of the service there may be none for a while.
      onAbort(held, () => (isClosing ? void lane[Symbol.asyncDispose]() : lane.abandon(held.reason)));
      const state = await Promise.race([input.openState(lane), rejectOnAbort(lane.signal), late]);
      return { lane, state };
    } catch (error) {
      // A lane that opens after that is given up, too.
      opening.then((lane) => lane.abandon(error)).catch(() => {});
      if (limit.isOver) throw new Error(`it is not open after ${OPEN_LIMIT_MS / 1_000} s`, { cause: error });
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
          log.warn({ partition }, `lane lost, it is opened again: ${describeError(lane.signal.reason)}`);
      } catch (error) {
        if (signal.aborted) break;
        health.set(healthPart, `the lane cannot be opened: ${describeError(error)}`);
        const level = error instanceof InputOffsetError ? 'error' : 'warn';
        log[level]({ partition }, `lane not opened, it is tried again: ${describeError(error)}`);
      }
      await sleep(REOPEN_PAUSE_MS, undefined, { signal }).catch(() => {});
    }
    health.set(healthPart, null);
  };

  const assign = (partitions: ReadonlySet<number>): void => {
    for (const [partition, held] of assigned) {
      if (partitions.has(partition)) continue;
      assigned.delete(partition);
      lanes.delete(partition);
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
    async onBatch({ partition, messages, nextOffset, signal }, consumer) {
      const { lane, state } = await Promise.race([acquire(partition), rejectOnAbort(signal)]);
      const due = messages.filter(({ offset }) => BigInt(offset) >= lane.nextOffset);
      if (due.length === 0) {
        // The group has lost its offset, and the consumer would read through everything that is done.
        if (nextOffset < lane.nextOffset) consumer.seek({ topic, partition, offset: lane.nextOffset.toString() });
        return;
      }
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
      isClosing = true;
      assign(new Set());
      await Promise.allSettled(open.map(async (opening) => (await opening).lane[Symbol.asyncDispose]()));
      await offsets[Symbol.asyncDispose]();
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
