import type { KafkaMessage } from 'kafkajs';
import { describeError } from 'qcc-core/base/errors';
import { unlessAborted } from 'qcc-core/base/unless-aborted';
import { attempt } from './core/attempt.ts';
import { type DeliveryDeps, deliverChange, type Verdict } from './core/deliver-change.ts';
import { isAbout } from './core/erasure-index.ts';
import type { Decoder } from './decoder.ts';
import { HandlerError, UndecodableError, WithdrawnError } from './errors.ts';
import type { ChangeRecord, EnrichedRecord, ErasedRecord } from './generated/topics.ts';
import type { SubscriberMetrics } from './metrics.ts';
import type { Change, ChangeTopic, DeadLetter, Delivery, RetryOptions } from './options.ts';
import { type SnapshotRow, toEnriched } from './snapshot/to-enriched.ts';

/** The user's, or one that hands changes to a loop. */
export type InnerHandler<Topic extends ChangeTopic> = (
  change: Change<Topic>,
  /** @param withdrawn Aborts if the change is erased: a change that waits is not handed over then. */
  context: { signal: AbortSignal; attempt: number; withdrawn: AbortSignal },
) => void | Promise<void>;

export type HandleDeps<Topic extends ChangeTopic> = {
  topic: Topic;
  delivery: DeliveryDeps;
  decoder: Decoder;
  handler: InnerHandler<Topic>;
  retry: RetryOptions;
  onDeadLetter: ((deadLetter: DeadLetter<Topic>) => void | Promise<void>) | undefined;
  metrics: SubscriberMetrics;
};

export type Handling = {
  /**
   * Resolves when the row is done: handled, a dead letter, or nothing to do. First waits for earlier calls of the same partition that
   * still run, because their handlers go on after an abort.
   * @param signal Stops the handler, and ends that wait. @param closing Ends the pause before a retry.
   * @throws HandlerError, errors of the store, or the reason of a signal
   */
  row(row: SnapshotRow, signals: Signals): Promise<void>;
  /** The same for a message. @throws also UndecodableError, RegistryError */
  message(message: KafkaMessage, partition: number, signals: Signals): Promise<void>;
  /** Takes back what an erasure is about and no handler has yet. Resolves when the handlers that have it have ended. */
  withdraw(erasure: ErasedRecord): Promise<void>;
};

type Signals = { signal: AbortSignal; closing: AbortSignal };
type Running = { partition: number; record: ChangeRecord; withdrawing: AbortController; ended: Promise<void> };
type Value = { record: ChangeRecord; version: Uint8Array | null; fields: object };

/** Turns rows and messages into changes, and hands over those that are wanted. */
export function createHandling<Topic extends ChangeTopic>(deps: HandleDeps<Topic>): Handling {
  const { topic, delivery, decoder, metrics, onDeadLetter } = deps;
  const running = new Set<Running>();

  const reportDeadLetter = async (deadLetter: DeadLetter<Topic>, what: string): Promise<void> => {
    const error = describeError(deadLetter.error);
    if (!onDeadLetter)
      throw deadLetter.kind === 'undecodable'
        ? deadLetter.error
        : new HandlerError(`${what} failed, and there is no onDeadLetter: ${error}`, { cause: deadLetter.error });
    try {
      await onDeadLetter(deadLetter);
    } catch (cause) {
      throw new HandlerError(`onDeadLetter failed for ${what}: ${describeError(cause)}`, { cause });
    }
  };

  const deliver = async (
    { record, version, fields }: Value,
    came: Omit<Delivery, 'isNewest' | 'portfolios'>,
    { signal, closing }: Signals,
  ): Promise<void> => {
    // After a rebalance, a change comes again while the call that the rebalance interrupted may still run.
    const before = [...running].filter(({ partition }) => partition === came.partition);
    if (before.length > 0) await unlessAborted(Promise.all(before.map((each) => each.ended)), signal);
    let isDeadLettered = false;
    const withdrawing = new AbortController();
    const withdrawn = withdrawing.signal;
    const handle = async (verdict: Verdict): Promise<void> => {
      const change = { ...fields, delivery: { ...came, ...verdict } } as unknown as Change<Topic>;
      const exhausted = await attempt(
        async (number) => {
          signal.throwIfAborted();
          withdrawn.throwIfAborted();
          const observe = metrics.startHandler();
          try {
            await deps.handler(change, { signal, attempt: number, withdrawn });
          } finally {
            observe();
          }
        },
        {
          retry: deps.retry,
          signal: AbortSignal.any([signal, closing, withdrawn]),
          onFailure: () => metrics.error('handler'),
        },
      );
      if (!exhausted) return;
      signal.throwIfAborted();
      withdrawn.throwIfAborted();
      isDeadLettered = true;
      const what = `the change at ${topic}/${came.partition}, offset ${came.offset}`;
      await reportDeadLetter({ kind: 'handler', change, ...exhausted }, what);
    };
    const ended = Promise.withResolvers<void>();
    const entry = { partition: came.partition, record, withdrawing, ended: ended.promise };
    running.add(entry);
    try {
      const outcome = await deliverChange(delivery, { record, version, from: came.from }, handle);
      metrics.change(came.from, isDeadLettered ? 'deadLetter' : outcome);
    } catch (error) {
      if (!(error instanceof WithdrawnError)) throw error;
      metrics.change(came.from, 'erased');
    } finally {
      running.delete(entry);
      ended.resolve();
    }
  };

  return {
    async row(row, signals) {
      const enriched = toEnriched(row);
      const came = {
        from: 'history' as const,
        partition: Number(row.sourcePartition),
        offset: BigInt(String(row.sourceOffset)),
        timestamp: Number(row.sourceTime),
        headers: {},
      };
      await deliver({ record: enriched.record, version: enriched.version, fields: enriched }, came, signals);
    },
    async message({ key, value, headers, offset, timestamp }, partition, signals) {
      const place = { partition, offset: BigInt(offset) };
      let decoded: Value;
      try {
        if (value === null) throw new UndecodableError(`a message of ${topic} has no value`);
        decoded = toValue(topic, await decoder.decode(topic, value));
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        metrics.error('undecodable');
        const what = `${topic}/${partition}, offset ${offset}`;
        const named = new UndecodableError(`${what}: ${error.message}`, { cause: error });
        await reportDeadLetter(
          { kind: 'undecodable', topic, ...place, key, value, error: named } as DeadLetter<Topic>,
          what,
        );
        metrics.change('topic', 'deadLetter');
        return;
      }
      const came = {
        from: 'topic' as const,
        ...place,
        timestamp: Number(timestamp),
        headers: textsOf(headers),
      };
      await deliver(decoded, came, signals);
    },
    async withdraw(erasure) {
      const concerned = [...running].filter(({ record }) => isAbout(erasure, record));
      for (const { withdrawing } of concerned) withdrawing.abort(new WithdrawnError('the change was erased'));
      await Promise.all(concerned.map(({ ended }) => ended));
    },
  };
}

function toValue(topic: ChangeTopic, value: EnrichedRecord | ChangeRecord): Value {
  if (topic === 'records') return { record: value as ChangeRecord, version: null, fields: { record: value } };
  const enriched = value as EnrichedRecord;
  return { record: enriched.record, version: enriched.version, fields: enriched };
}

const textsOf = (headers: KafkaMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]),
  );
