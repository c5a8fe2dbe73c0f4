import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import type { AvroCodec } from '../../avro/codec.ts';
import { describeError } from '../../base/errors.ts';
import type { Health } from '../../base/health.ts';
import { startTimeLimit } from '../../base/time-limit.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import { type TopicSpec, topicName } from '../../contract/topics.ts';
import { type ConsumeInput, consume, type Seek } from '../client/consume.ts';
import { InputOffsetError, openInputOffsets } from './input-offsets.ts';
import { type Lane, openLane } from './lane.ts';

export type WorkerInput<State> = Omit<
  ConsumeInput,
  'topics' | 'onBatch' | 'onAssigned' | 'onTruncated' | 'concurrency' | 'health' | 'readsAll' | 'seeks' | 'log'
> & {
  prefix: string;
  service: string;
  from: TopicSpec;
  codec: Pick<AvroCodec, 'encode' | 'decode'>;
  health: Health;
  log: Logger;
  /**
   * Whether the service has published from this partition before, as far as its output tells. It is asked only if no input
   * offset is known: reading from the beginning is right for a new service, but any other service would publish everything twice.
   */
  hasPublished(lane: Pick<Lane, 'partition' | 'transact'>): Promise<boolean>;
  /**
   * Builds what the service keeps per partition, after the lane is open and no other instance can write: read back state here.
   * Work that runs next to the batches has to end when `lane.signal` aborts.
   *
   * A lane that is not open after 90 s is given up. Each call of `onProgress` starts that time again. It is needed if an attempt
   * reads everything from the beginning and may take longer; tables go on between attempts.
   */
  openState(lane: Lane, onProgress: () => void): Promise<State>;
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
/** Longer than another service's open transaction can delay reading state back. */
const OPEN_LIMIT_MS = 90_000;

/**
 * The only consume → process → deliver → commit loop of the transactional services, and their contract:
 * - the messages that `process` sends and the input offset are one transaction, and `read_committed` readers see it once;
 * - before the first message of a partition, the lane has fenced older owners and read from `input-offsets` where to go on.
 *   The consumer reads on there, wherever its group is;
 * - a lane that fails is discarded with its batch, and both are tried again. A lane that cannot be opened says why in `health`;
 * - every assigned partition has a lane, without traffic too, because state such as pending details has its own work.
 */
export async function runWorker<State>(input: WorkerInput<State>): Promise<AsyncDisposable> {
  const { health, log, service } = input;
  const topic = topicName(input.prefix, input.from);
  const offsets = await openInputOffsets(input);
  const owned = new Map<number, OwnedPartition<State>>();
  let isClosing = false;

  const seekTo = ({ seek }: Pick<OwnedPartition<State>, 'seek'>, { partition, nextOffset }: Lane): void =>
    seek({ topic, partition, offset: String(nextOffset) }, offsets.leaderEpoch(partition, nextOffset));

  /** Ends with the assignment that it was begun for, and after a limit without progress. */
  const open = async (partition: number, { release, seek }: OwnedPartition<State>): Promise<OpenLane<State>> => {
    const { signal } = release;
    using limit = startTimeLimit(OPEN_LIMIT_MS, signal);
    const opening = openLane({ ...input, topic, partition, offsets });
    try {
      const lane = await unlessAborted(opening, limit.signal);
      // The next owner need not wait for this one; at the end of the service there may be none for a while.
      const endLane = () => (isClosing ? void lane[Symbol.asyncDispose]() : lane.abandon(signal.reason));
      onAbort(signal, endLane, lane.signal);
      // The group may know less, and kafkajs more: it counts the offset of a transaction as committed before the commit.
      seekTo({ seek }, lane);
      const opened = unlessAborted(input.openState(lane, limit.restart), lane.signal);
      const state = await unlessAborted(opened, limit.signal);
      return { lane, state };
    } catch (error) {
      // A lane that opens after that is given up, too.
      opening.then((lane) => lane.abandon(error)).catch(() => {});
      if (limit.isOver)
        throw new Error(`it is not open, and reading its state has made no progress for ${OPEN_LIMIT_MS / 1_000} s`, {
          cause: error,
        });
      throw error;
    }
  };

  const keepOpen = async (partition: number, own: OwnedPartition<State>): Promise<void> => {
    const healthPart = `lane ${topic}/${partition}`;
    const { signal } = own.release;
    while (!signal.aborted) {
      try {
        own.opening = open(partition, own);
        own.open = await own.opening;
        health.set(healthPart, null);
        own.opened.resolve();
        const { lane } = own.open;
        await new Promise<void>((resolve) => onAbort(lane.signal, resolve));
        if (!signal.aborted)
          log.warn({ partition }, `lane broken, it is opened again: ${describeError(lane.signal.reason)}`);
      } catch (error) {
        if (signal.aborted) break;
        health.set(healthPart, `the lane cannot be opened: ${describeError(error)}`);
        const level = error instanceof InputOffsetError ? 'error' : 'warn';
        log[level]({ partition }, `lane not opened, it is tried again: ${describeError(error)}`);
      }
      if (own.open) own.opened = Promise.withResolvers();
      own.open = undefined;
      await sleep(REOPEN_PAUSE_MS, undefined, { signal }).catch(() => {});
    }
    own.opened.resolve();
    health.set(healthPart, null);
  };

  const acquire = (partition: number, seek: Seek): OwnedPartition<State> => {
    const own = { release: new AbortController(), seek, opened: Promise.withResolvers<void>() };
    owned.set(partition, own);
    void keepOpen(partition, own);
    return own;
  };

  const letGo = (partition: number, { release }: OwnedPartition<State>, reason: Error): void => {
    owned.delete(partition);
    release.abort(reason);
  };

  const assign = (partitions: ReadonlySet<number>, seek: Seek): void => {
    for (const [partition, own] of owned)
      if (!partitions.has(partition))
        letGo(partition, own, new Error(`${topic}/${partition} went to another instance`));
    for (const partition of partitions) if (!owned.has(partition)) acquire(partition, seek);
  };

  const consumer = await consume({
    ...input,
    topics: [topic],
    seeks: true,
    concurrency: input.from.partitions,
    onAssigned: (assignment, seek) => assign(new Set(assignment[topic]), seek),
    /** A lane that is opened again records it, even if another instance has opened one meanwhile: that one is fenced. */
    async onTruncated({ partition, end }) {
      offsets.noteTruncated(partition, end);
      const own = owned.get(partition);
      if (own) {
        letGo(partition, own, new Error(`the brokers lost messages of ${topic}/${partition}`));
        await acquire(partition, own.seek).opening?.catch((error: unknown) => {
          if (error instanceof InputOffsetError) throw error;
        });
      }
      // Either the open lane has lost none of its work: the consumer had only passed messages that no lane processes, such as
      // aborted ones. Or no lane is open, and the next one decides when it opens. No batch is processed before that.
      return 'goesOn';
    },
    async onBatch({ partition, messages, nextOffset, leaderEpochs, signal }) {
      const own = owned.get(partition);
      if (!own) throw new Error(`${topic}/${partition} is not assigned to this instance`);
      // Opening the lane moves the consumer, so this batch may not be the next one.
      if (!own.open) return { comesAgainAfter: own.opened.promise };
      const { lane, state } = own.open;
      const due = messages.filter(({ offset }) => BigInt(offset) >= lane.nextOffset);
      if (due.length === 0) {
        // A member that joined again reads on where its group is, which is behind the lane if messages were left out.
        if (nextOffset < lane.nextOffset) seekTo(own, lane);
        return;
      }
      offsets.noteRead(partition, leaderEpochs);
      try {
        await input.process({ lane, state, messages: due, nextOffset, signal: AbortSignal.any([signal, lane.signal]) });
      } catch (error) {
        // Part of the batch may be committed. The consumer resumes after that part, and the log is checked against its last message.
        if (!lane.signal.aborted) seekTo(own, lane);
        throw error;
      }
      if (lane.nextOffset < nextOffset) {
        throw new Error(`${service} returned without committing ${topic}/${partition} up to ${nextOffset}`);
      }
    },
  });

  return {
    async [Symbol.asyncDispose]() {
      await consumer[Symbol.asyncDispose]();
      const openings = [...owned.values()].map(({ opening }) => opening);
      isClosing = true;
      assign(new Set(), () => {});
      await Promise.allSettled(openings.map(async (opening) => (await opening)?.lane[Symbol.asyncDispose]()));
      await offsets[Symbol.asyncDispose]();
    },
  };
}

type OpenLane<State> = { lane: Lane; state: State };

/** A partition that the group has given to this instance. */
type OwnedPartition<State> = {
  /** Aborts when the partition goes to another instance, or the service ends. */
  release: AbortController;
  /** Sets where the consumer reads on. */
  seek: Seek;
  /** The latest attempt to open its lane. */
  opening?: Promise<OpenLane<State>>;
  /** Undefined while the lane is not open. */
  open?: OpenLane<State> | undefined;
  /** Resolves when the lane is open, or is not needed any more. */
  opened: PromiseWithResolvers<void>;
};

/** Calls `then` at once if the signal has aborted already. @param until Removes the listener, because `signal` may live long. */
function onAbort(signal: AbortSignal, then: () => void, until?: AbortSignal): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true, ...(until && { signal: until }) });
}
