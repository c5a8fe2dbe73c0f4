import type { KafkaMessage } from 'kafkajs';
import { type AvroCodec, UndecodableError } from 'qcc-core/avro/codec';
import type { Order } from 'qcc-core/domain';
import { type DeadLetterReason, deadMessage } from 'qcc-core/kafka/dead-letter';
import type { DeadLetterRuns } from 'qcc-core/kafka/dead-letter-run';
import type { Lane } from 'qcc-core/kafka/lane';
import { type KeptOrderState, orderStateKey } from 'qcc-core/kafka/order-state';
import type { RefusalSearches } from 'qcc-core/kafka/refusal-search';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import { orderEvent } from 'qcc-core/order-event';
import type { FetchOutcome } from './fetch-archive.ts';
import type { StateFetching } from './fetching-facts.ts';
import type { KeepOriginal } from './keep-original.ts';
import { failedState, isDone, planRevision } from './plan-revision.ts';
import { type OrderPlace, orderStateMessage, type PublishDeps, publishOrder } from './publish-order.ts';

export type ExtractDeps = PublishDeps & {
  account: string;
  codec: AvroCodec;
  /** Counts messages that do not decode; an archive that fails is no sign of a wrong topic. */
  runs: DeadLetterRuns;
  fetchArchive: (order: Order, signal: AbortSignal) => Promise<FetchOutcome>;
  /** For as long as an archive is fetched and kept: nothing is published meanwhile. */
  stateFetching: StateFetching;
  keepOriginal: KeepOriginal;
  /** Over the positions of an archive, by its contents. */
  searches: RefusalSearches<number>;
  metrics: PublishDeps['metrics'] & Pick<Metrics, 'ordersExtracted' | 'archiveBytes'>;
  log: Log;
};

/** What is known of the orders of one partition; this partition's lane is the only one that changes it. */
export type OrderStates = Map<string, KeptOrderState>;

/**
 * One message of `orders` → everything its archive holds, published, or a dead letter that says why not. Either way the
 * message's offset is committed when it returns. Nothing of an archive is published before the original is kept.
 * @throws WaitError, DeadLetterRunError and whatever the surroundings do: the message comes again, and goes on where it was.
 */
export async function extractOrder(
  deps: ExtractDeps,
  input: { lane: Lane; states: OrderStates; message: KafkaMessage; place: OrderPlace; signal: AbortSignal },
): Promise<void> {
  const { lane, states, message, place, signal } = input;
  const { log, metrics, now } = deps;
  const commit = { nextOffset: place.nextOffset };
  const bury = async (reason: DeadLetterReason, text: string, order?: Order) => {
    const key = orderStateKey(order?.account ?? deps.account, order?.orderNo ?? '');
    const state = order && failedState(states.get(key), order, now());
    await lane.transact(async (transaction) => {
      await transaction.send([
        deadMessage({
          message,
          topic: place.topic,
          partition: place.partition,
          account: deps.account,
          ...(order && { orderNo: order.orderNo }),
          stage: 'archive-extractor',
          reason,
          text,
          now: now(),
        }),
        ...(order && state
          ? [
              orderEvent(deps.codec, {
                account: order.account,
                orderNo: order.orderNo,
                revision: state.revision,
                stage: 'FAILED',
                at: now(),
                source: order.source,
                reason,
              }),
              orderStateMessage(deps.codec, state, lane.partition),
            ]
          : []),
      ]);
    }, commit);
    if (state) states.set(key, state);
    metrics.deadLetters.inc({ reason });
    metrics.ordersExtracted.inc({ outcome: reason });
    log.error({ orderNo: order?.orderNo, reason }, `order not extracted: ${text}`);
  };

  /** What is no order at all. */
  const buryMessage = async (reason: DeadLetterReason, text: string) => {
    const settleRun = deps.runs.admit(place, [place], () => reason);
    await bury(reason, text);
    settleRun();
  };

  let order: Order;
  try {
    order = await deps.codec.decode('orders', message.value ?? Buffer.alloc(0));
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    return await buryMessage('MESSAGE_UNDECODABLE', error.message);
  }
  deps.runs.admit(place, [place], () => null)();
  if (order.account !== deps.account) {
    log.debug({ orderNo: order.orderNo, account: order.account }, "another account's order, left to its services");
    return await lane.transact(async () => {}, commit);
  }
  const key = orderStateKey(order.account, order.orderNo);
  const state = states.get(key);
  if (isDone(state, order)) {
    log.debug({ orderNo: order.orderNo }, 'order done before, skipped');
    return await lane.transact(async () => {}, commit);
  }

  const startedAt = now();
  using fetching = deps.stateFetching(order, state?.revision ?? 0);
  const fetched = await deps.fetchArchive(order, signal);
  if (fetched.kind === 'dead') {
    fetching.done();
    return await bury(fetched.reason, fetched.message, order);
  }
  await using archive = fetched.archive;
  metrics.archiveBytes.inc(archive.bytes);
  const { inspection } = archive;
  if (inspection.otherEntries.length > 0) {
    log.warn(
      { orderNo: order.orderNo, otherEntries: inspection.otherEntries },
      'the archive holds entries beside its own',
    );
  }
  if (inspection.declared === null) {
    log.warn(
      { orderNo: order.orderNo, found: inspection.elements },
      'the archive declares no total: the order stays incomplete (UNDECLARED)',
    );
  } else if (inspection.declared !== inspection.elements) {
    log.error(
      { orderNo: order.orderNo, declared: inspection.declared, found: inspection.elements },
      'the archive declares another number of records than it holds: the order stays incomplete',
    );
  }
  const plan = planRevision(state, inspection.plaintextSha256);
  await deps.keepOriginal({ order, archive, plan }, signal);
  fetching.done();
  const contents = `${key}|${inspection.plaintextSha256}`;
  await publishOrder(deps, {
    lane,
    order,
    archive,
    plan,
    place,
    search: deps.searches.of(contents),
    onState: (written) => states.set(key, written),
  });
  deps.searches.forget(contents);
  metrics.ordersExtracted.inc({ outcome: 'extracted' });
  log.info(
    {
      orderNo: order.orderNo,
      ...plan,
      records: inspection.elements,
      rejected: inspection.rejected,
      unconfirmed: archive.unconfirmed,
      tookMs: now() - startedAt,
    },
    'order extracted',
  );
}
