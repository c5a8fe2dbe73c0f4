import type { KafkaMessage } from 'kafkajs';
import type { FetchOutcome, SpooledArchive } from 'qcc-archive/obtain/fetch-archive';
import { type AvroCodec, UndecodableError } from 'qcc-core/avro/codec';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order } from 'qcc-core/contract/domain';
import type { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import type { DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { deadMessage } from 'qcc-core/kafka/messages/dead-letter';
import { orderEvent } from 'qcc-core/kafka/messages/order-event';
import { type KeptOrderState, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { AdmitOrder } from './admit-order.ts';
import type { Fetching, ReportFetching } from './fetching-facts.ts';
import type { GatheredMessages } from './gathered-messages.ts';
import type { HeldArchives } from './held-archives.ts';
import type { ConfirmOriginals, KeepOriginal } from './keep-original.ts';
import { failedState, hasPublished, isDone, isToBeConfirmed, planRevision } from './plan-revision.ts';
import {
  noOrderStateMessage,
  type OrderPlace,
  orderStateMessage,
  type PublishDeps,
  publishOrder,
} from './publish-order.ts';
import type { RecentFailures } from './recent-failures.ts';

const STAGE = 'archive-extractor';

export type ExtractDeps = PublishDeps & {
  account: string;
  codec: AvroCodec;
  /** Counts messages that do not decode; an archive that fails is no sign of a wrong topic. */
  runs: DeadLetterRuns;
  admitOrder: AdmitOrder;
  /** By the key of their state. */
  recentFailures: RecentFailures;
  fetchArchive: (order: Order, signal: AbortSignal) => Promise<FetchOutcome>;
  /** By a signed link alone; null where QCC gives none now. */
  fetchSigned: (order: Order, signal: AbortSignal) => Promise<FetchOutcome | null>;
  /** For as long as an archive is fetched and kept: nothing is published meanwhile. */
  reportFetching: ReportFetching;
  keepOriginal: KeepOriginal;
  confirmOriginals: ConfirmOriginals;
  /** Of orders in which Kafka refuses a record: the search publishes the same archive again and again. */
  held: HeldArchives;
  /** Over the positions of an archive, by its contents. */
  searches: RefusalSearches<number>;
  metrics: PublishDeps['metrics'] & Pick<Metrics, 'ordersExtracted' | 'archiveBytes'>;
  log: Log;
};

/** What is known of the orders of one partition; this partition's lane is the only one that changes it. */
export type OrderStates = Map<string, KeptOrderState>;

type ExtractInput = {
  lane: Lane;
  states: OrderStates;
  message: KafkaMessage;
  place: OrderPlace;
  /** Takes what is done with without a fetch. Everything before the message is committed or stands in it. */
  gathered: GatheredMessages;
  signal: AbortSignal;
};

/**
 * One message of `orders` → everything its archive holds, published, or a dead letter that says why not. When it returns, the
 * message's offset is committed, or it is with the next flush of `gathered`. Nothing of an archive is published before the
 * original is kept. An order that was made from the archive of a callback's link is confirmed by a signed fetch: the same text
 * confirms it, and another one is published as the next revision.
 * @throws WaitError, DeadLetterRunError and whatever the surroundings do: the message comes again, and goes on where it was.
 */
export async function extractOrder(deps: ExtractDeps, input: ExtractInput): Promise<void> {
  const { states, message, place, gathered, signal } = input;
  const { log } = deps;

  let order: Order;
  try {
    order = await deps.codec.decode('orders', message.value ?? Buffer.alloc(0));
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    await gathered.flush();
    const settleRun = deps.runs.admit(place, [place], () => 'MESSAGE_UNDECODABLE');
    await bury(deps, input, { reason: 'MESSAGE_UNDECODABLE', text: error.message });
    settleRun();
    return;
  }
  deps.runs.admit(place, [place], () => null)();
  if (order.account !== deps.account) {
    log.debug({ orderNo: order.orderNo, account: order.account }, "another account's order, left to its services");
    return gathered.add(place.nextOffset);
  }
  const key = orderStateKey(order.account, order.orderNo);
  const state = states.get(key);
  if (isDone(state, order)) {
    log.debug({ orderNo: order.orderNo }, 'order done before, skipped');
    return gathered.add(place.nextOffset);
  }
  if (order.source === 'callback' && deps.recentFailures.has(key)) {
    log.debug({ orderNo: order.orderNo }, 'order failed a short while ago, left to reconcile');
    return gathered.add(place.nextOffset);
  }
  using fetching = deps.reportFetching(order, state?.revision ?? 0);
  const isBegun = state?.outcome === 'PUBLISHING' && hasPublished(state);
  if (!isBegun && !(await deps.admitOrder(order, place, signal))) {
    fetching.done();
    return passOver(deps, input, { order, state });
  }
  await gathered.flush();
  if (state && isToBeConfirmed(state, order)) {
    await confirmOrder(deps, input, { order, state });
    return fetching.done();
  }
  const held = deps.held.take(nameOf(place));
  const fetched = held ? ({ kind: 'fetched', archive: held } as const) : await deps.fetchArchive(order, signal);
  if (fetched.kind === 'dead') {
    fetching.done();
    return await bury(deps, input, { reason: fetched.reason, text: fetched.message, order });
  }
  await publishArchive(deps, input, { order, state, archive: fetched.archive, fetching });
}

/** An order that nobody but a callback names, above what may be fetched of those. */
function passOver(
  { codec, metrics, log, now, account }: ExtractDeps,
  { message, place, gathered }: ExtractInput,
  { order, state }: { order: Order; state: KeptOrderState | undefined },
): void {
  log.debug({ orderNo: order.orderNo }, 'QCC does not list the order: passed over');
  // What stands on the topics stays, whatever callbacks say.
  if (state?.outcome === 'EXTRACTED') {
    gathered.add(place.nextOffset);
    return;
  }
  const reason = 'ORDER_UNLISTED';
  const { orderNo, source } = order;
  const text = `QCC does not list order ${orderNo}, and too many such orders came in an hour`;
  gathered.add(place.nextOffset, [
    deadMessage({ ...place, message, account, orderNo, stage: STAGE, reason, text, now: now() }),
    orderEvent(codec, { account, orderNo, revision: state?.revision ?? 0, stage: 'FAILED', at: now(), source, reason }),
  ]);
  metrics.deadLetters.inc({ reason });
  metrics.ordersExtracted.inc({ outcome: reason });
}

async function bury(
  deps: ExtractDeps,
  { lane, states, message, place }: ExtractInput,
  { reason, text, order }: { reason: DeadLetterReason; text: string; order?: Order },
): Promise<void> {
  const { account, codec, log, metrics, now } = deps;
  const key = orderStateKey(order?.account ?? account, order?.orderNo ?? '');
  const before = states.get(key);
  const state = order && failedState(before, order, { reason, now: now() });
  await lane.transact(
    async (transaction) => {
      await transaction.send([
        deadMessage({
          ...place,
          message,
          account,
          ...(order && { orderNo: order.orderNo }),
          stage: STAGE,
          reason,
          text,
          now: now(),
        }),
        ...(order && before?.outcome !== 'EXTRACTED'
          ? [
              orderEvent(codec, {
                account: order.account,
                orderNo: order.orderNo,
                revision: before?.revision ?? 0,
                stage: 'FAILED',
                at: now(),
                source: order.source,
                reason,
              }),
              ...(state ? [orderStateMessage(codec, state, lane.partition)] : []),
              ...(before && !state ? [noOrderStateMessage(key, lane.partition)] : []),
            ]
          : []),
      ]);
    },
    { nextOffset: place.nextOffset },
  );
  if (state) states.set(key, state);
  else if (order && before?.outcome !== 'EXTRACTED') states.delete(key);
  if (order) deps.recentFailures.note(key);
  metrics.deadLetters.inc({ reason });
  metrics.ordersExtracted.inc({ outcome: reason });
  log.error({ orderNo: order?.orderNo, reason }, `order not extracted: ${text}`);
}

async function confirmOrder(
  deps: ExtractDeps,
  input: ExtractInput,
  { order, state }: { order: Order; state: KeptOrderState },
): Promise<void> {
  const { lane, states, place, gathered, signal } = input;
  const { codec, log, now } = deps;
  const { account, orderNo } = order;
  const key = orderStateKey(account, orderNo);
  const fetched = await deps.fetchSigned(order, signal);
  if (fetched?.kind !== 'fetched') {
    const why = fetched?.message ?? 'QCC gives no link now';
    log.warn({ orderNo }, `the order stays unconfirmed, made from the archive of a callback's link: ${why}`);
    deps.recentFailures.note(key);
    // The gateway waits longer each time. A callback must not make it wait.
    if (fetched === null || order.source !== 'reconcile') return gathered.add(place.nextOffset);
    const failed = { ...state, orderNo, failures: state.failures + 1, updatedAt: now() };
    await lane.transact((transaction) => transaction.send([orderStateMessage(codec, failed, lane.partition)]), {
      nextOffset: place.nextOffset,
    });
    states.set(key, failed);
    return;
  }
  const { archive } = fetched;
  if (archive.inspection.plaintextSha256 !== state.plaintextSha256) {
    log.error({ orderNo }, "QCC's archive is not the one that a callback's link brought: it becomes the next revision");
    return await publishArchive(deps, input, { order, state, archive });
  }
  await archive[Symbol.asyncDispose]();
  await deps.confirmOriginals({ account, orderNo, plaintextSha256: state.plaintextSha256 }, signal);
  const confirmed = { ...state, orderNo, unconfirmed: false, failures: 0, updatedAt: now() };
  const fact = { account, orderNo, revision: state.revision, at: now(), source: order.source };
  await lane.transact(
    (transaction) =>
      transaction.send([
        orderEvent(codec, { ...fact, stage: 'CONFIRMED' }),
        orderStateMessage(codec, confirmed, lane.partition),
      ]),
    { nextOffset: place.nextOffset },
  );
  states.set(key, confirmed);
  log.info({ orderNo }, 'order confirmed: a signed fetch brought the same text');
}

async function publishArchive(
  deps: ExtractDeps,
  { lane, states, place, signal }: ExtractInput,
  given: { order: Order; state: KeptOrderState | undefined; archive: SpooledArchive; fetching?: Fetching },
): Promise<void> {
  const { order, state, fetching } = given;
  const { log, metrics, now } = deps;
  const startedAt = now();
  await using spool = new AsyncDisposableStack();
  const archive = spool.use(given.archive);
  const { inspection } = archive;
  metrics.archiveBytes.inc(archive.bytes);
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
  fetching?.done();
  const key = orderStateKey(order.account, order.orderNo);
  const contents = `${key}|${inspection.plaintextSha256}`;
  const search = deps.searches.of(contents);
  try {
    await publishOrder(deps, {
      lane,
      order,
      archive,
      plan,
      place,
      search,
      onState: (written) => states.set(key, written),
    });
  } catch (error) {
    if (search.isOn) {
      spool.move();
      deps.held.hold(nameOf(place), archive);
    }
    throw error;
  }
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

/** Of a message, for the archive that was fetched for it. */
const nameOf = ({ topic, partition, offset }: OrderPlace): string => `${topic}/${partition}/${offset}`;
