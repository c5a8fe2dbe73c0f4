import { type FetchOnce, obtainArchive, obtainSigned, type Patience } from 'qcc-archive/obtain/obtain-archive';
import { openSpoolFile, type SpoolFile, type SpoolFolder } from 'qcc-archive/obtain/spool-folder';
import type {
  AskLink,
  DeliveredArchive,
  DownloadArchive,
  InspectDelivered,
  Inspected,
  InspectedArchive,
  KeepRefused,
  Refused,
  SpoolKept,
} from 'qcc-archive/obtain/steps';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import { orderAttributes } from 'qcc-core/base/tracing/span-attributes';
import { describeSpan, failActiveSpan, inSpan } from 'qcc-core/base/tracing/spans';
import type { Order } from 'qcc-core/contract/domain';
import type { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import type { DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import { type OrderProgress, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { ReportUnknownFields } from 'qcc-core/qcc/report-unknown-fields';
import type { AdmitOrder } from './admit-order.ts';
import type { ReportFetching } from './fetching-facts.ts';
import type { HeldArchives } from './held-archives.ts';
import type { KeepOriginal } from './keep-original.ts';
import { hasPublished, isDone, isToBeConfirmed, planRevision, type RevisionPlan } from './plan-revision.ts';
import { type OrderPlace, type PublishDeps, publishOrder } from './publish-order.ts';
import {
  confirmOrder,
  failOrder,
  leaveUnconfirmed,
  type OrderInput,
  passOver,
  type SettleDeps,
} from './settle-order.ts';

/** The steps that take an order to an archive in the spool, and the policy that repeats them. */
export type FetchDeps = {
  spool: SpoolFolder;
  patience: Patience;
  askLink: AskLink;
  download: DownloadArchive;
  inspect: InspectDelivered;
  /** Not used for archives from a callback's link, because anybody who knows the key can put a link into a callback. */
  keepRefused: KeepRefused;
  /** Copies the kept archive into the spool, for a replay whose archive QCC does not provide. */
  spoolKept: SpoolKept;
};

export type ExtractDeps = FetchDeps &
  PublishDeps &
  SettleDeps & {
    /** Counts messages that do not decode; an archive that fails is no sign of a wrong topic. */
    runs: DeadLetterRuns;
    admitOrder: AdmitOrder;
    reportUnknownFields: ReportUnknownFields;
    /** For as long as an archive is fetched and kept: nothing is published meanwhile. */
    reportFetching: ReportFetching;
    keepOriginal: KeepOriginal;
    /** Of orders in which Kafka refuses a record: the search publishes the same archive again and again. */
    held: HeldArchives;
    /** Over the positions of an archive, by its contents. */
    searches: RefusalSearches<number>;
  };

type ExtractInput = OrderInput & { signal: AbortSignal };

/**
 * Processes one message of `orders`: publishes everything in its archive, or a dead letter that says why not. The steps are
 * link → download → inspect → keep → publish; `fetchArchive` takes the first three. When it returns, the message's offset is
 * committed, or the next flush of `gathered` commits it. Nothing of an archive is published before the original is kept. An
 * order that was made from the archive of a callback's link is confirmed by a signed fetch: the same plaintext confirms it, and
 * another one is published as the next revision.
 * @throws WaitError, DeadLetterRunError and errors of the environment: the message comes again, and continues after its last
 * part.
 */
export async function extractOrder(deps: ExtractDeps, input: ExtractInput): Promise<void> {
  const { states, message, place, gathered, signal } = input;
  let order: Order;
  try {
    order = await deps.codec.decode('orders', message.value ?? Buffer.alloc(0));
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    await gathered.flush();
    const settleRun = deps.runs.check(place, [place], () => 'MESSAGE_UNDECODABLE');
    await failOrder(deps, input, { reason: 'MESSAGE_UNDECODABLE', message: error.message });
    return settleRun();
  }
  describeSpan({ ...orderAttributes(order), source: order.source });
  deps.runs.check(place, [place], () => null)();
  const state = states.get(orderStateKey(order.account, order.orderNo));
  const skippedBecause = reasonToSkip(deps, { order, state });
  if (skippedBecause) {
    deps.log.debug({ orderNo: order.orderNo, account: order.account }, skippedBecause);
    describeSpan({ outcome: 'skipped' });
    return gathered.add(place.nextOffset);
  }
  using fetching = deps.reportFetching(order, state?.revision ?? 0);
  const isBegun = state?.outcome === 'PUBLISHING' && hasPublished(state);
  const listing = isBegun ? 'listed' : await deps.admitOrder(order, place, signal);
  if (listing !== 'listed') {
    fetching.done();
    describeSpan({ outcome: 'skipped' });
    return passOver(deps, input, { order, state, listing });
  }
  await gathered.flush();

  const outcome = await takeOrFetch(deps, input, { order, state });
  switch (outcome.kind) {
    case 'inspected': {
      const startedAt = deps.now();
      await using spooled = new AsyncDisposableStack();
      const archive = spooled.use(outcome.archive);
      reportInspection(deps, order, archive);
      const plan = planRevision(state, archive.inspection.plaintextSha256);
      describeSpan({ revision: plan.revision });
      await inSpan({ name: 'keep original' }, () => deps.keepOriginal({ order, archive, plan }, signal));
      fetching.done();
      return await publishArchive(deps, input, { order, plan, spooled, archive, startedAt });
    }
    case 'refused':
      fetching.done();
      failActiveSpan(outcome.reason);
      return await failOrder(deps, input, { ...outcome, order });
    case 'confirmed':
      await confirmOrder(deps, input, { order, ...outcome });
      return fetching.done();
    case 'unconfirmed':
      await leaveUnconfirmed(deps, input, { order, ...outcome });
      return fetching.done();
    default:
      return outcome satisfies never;
  }
}

type KnownOrder = { order: Order; state: OrderProgress | undefined };

function reasonToSkip({ account, recentFailures }: ExtractDeps, { order, state }: KnownOrder): string | null {
  if (order.account !== account) return "another account's order, left to its services";
  if (isDone(state, order)) return 'order done before, skipped';
  const isRecent = order.source === 'callback' && recentFailures.has(orderStateKey(order.account, order.orderNo));
  return isRecent ? 'order failed a short while ago, left to reconcile' : null;
}

type Confirmation =
  | Inspected
  | { kind: 'confirmed'; state: OrderProgress }
  | { kind: 'unconfirmed'; state: OrderProgress; refused: Refused | null };

async function takeOrFetch(
  deps: ExtractDeps,
  { place, signal }: ExtractInput,
  { order, state }: KnownOrder,
): Promise<Confirmation | Refused> {
  const held = deps.held.take(nameOf(place));
  if (held) return { kind: 'inspected', archive: held };
  if (state && isToBeConfirmed(state, order)) return await fetchConfirmation(deps, { order, state, signal });
  return await fetchArchive(deps, order, signal);
}

/**
 * Gets the inspected archive of an order: link → download → inspect. If QCC does not provide the archive of a replay, the kept archive
 * replaces the first two steps.
 * @throws the errors of `obtainArchive`.
 */
export async function fetchArchive(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<Inspected | Refused> {
  return await obtainArchive(deps, order, {
    fetchOnce: fetchOnceBy(deps, order, signal),
    async readKept() {
      await using file = openSpoolFile(deps.spool);
      const delivered = await deps.spoolKept(order, file.path);
      return delivered && (await inspectOrKeep(deps, { order, delivered, file, signal }));
    },
  });
}

const fetchOnceBy =
  (deps: FetchDeps, order: Order, signal: AbortSignal): FetchOnce =>
  async ({ trustCallback }) => {
    const linked = await deps.askLink(order, { trustCallback, signal });
    if (linked.kind === 'refused') return linked;
    await using file = openSpoolFile(deps.spool);
    const downloaded = await deps.download({ order, link: linked.link, file }, signal);
    if (downloaded.kind === 'refused') return downloaded;
    return await inspectOrKeep(deps, { order, delivered: downloaded.delivered, file, signal });
  };

/** Inspects a delivered archive. One that cannot be read is kept: a later version of the parser may read it. */
async function inspectOrKeep(
  deps: FetchDeps,
  input: { order: Order; delivered: DeliveredArchive; file: SpoolFile; signal: AbortSignal },
): Promise<Inspected | Refused> {
  const { order, delivered, file, signal } = input;
  const inspected = await deps.inspect({ delivered, file }, signal);
  if (inspected.kind === 'refused' && !delivered.unconfirmed)
    await deps.keepRefused({ order, delivered, file, reason: inspected.reason }, signal);
  return inspected;
}

/** Fetches an order by a signed link and compares its plaintext with the one from the callback's link. */
async function fetchConfirmation(
  deps: ExtractDeps,
  { order, state, signal }: { order: Order; state: OrderProgress; signal: AbortSignal },
): Promise<Confirmation> {
  const fetched = await obtainSigned(fetchOnceBy(deps, order, signal));
  if (fetched?.kind !== 'inspected') return { kind: 'unconfirmed', state, refused: fetched };
  const { archive } = fetched;
  if (archive.inspection.plaintextSha256 !== state.plaintextSha256) {
    deps.log.error(
      { orderNo: order.orderNo },
      "QCC's archive is not the one that a callback's link brought: it becomes the next revision",
    );
    return fetched;
  }
  await archive[Symbol.asyncDispose]();
  await deps.confirmOriginals(
    { account: order.account, orderNo: order.orderNo, plaintextSha256: state.plaintextSha256 },
    signal,
  );
  return { kind: 'confirmed', state };
}

function reportInspection(
  { log, metrics, reportUnknownFields }: ExtractDeps,
  { orderNo }: Order,
  archive: InspectedArchive,
): void {
  const { otherEntries, declared, elements: found, unknownFields } = archive.inspection;
  reportUnknownFields('archive', unknownFields);
  metrics.archiveBytes.inc(archive.bytes);
  if (otherEntries.length > 0) log.warn({ orderNo, otherEntries }, 'the archive holds entries beside its own');
  if (declared === null)
    log.warn({ orderNo, found }, 'the archive declares no total: the order stays incomplete (UNDECLARED)');
  else if (declared !== found)
    log.error(
      { orderNo, declared, found },
      'the archive declares another number of records than it holds: the order stays incomplete',
    );
}

/** Publishes a kept archive. During a refusal search, it holds the archive for the next attempt. */
async function publishArchive(
  deps: ExtractDeps,
  { lane, states, place }: ExtractInput,
  given: {
    order: Order;
    plan: RevisionPlan;
    archive: InspectedArchive;
    spooled: AsyncDisposableStack;
    startedAt: number;
  },
): Promise<void> {
  const { order, plan, archive, spooled } = given;
  const { inspection, unconfirmed } = archive;
  const { log, metrics, now } = deps;
  const key = orderStateKey(order.account, order.orderNo);
  const contents = `${key}|${inspection.plaintextSha256}`;
  const search = deps.searches.of(contents);
  const onState = (written: OrderProgress) => void states.set(key, written);
  try {
    await publishOrder(deps, { lane, order, archive, plan, place, search, onState });
  } catch (error) {
    if (search.isOn) {
      spooled.move();
      deps.held.hold(nameOf(place), archive);
    }
    throw error;
  }
  deps.searches.forget(contents);
  metrics.ordersExtracted.inc({ outcome: 'extracted' });
  const { elements: records, rejected } = inspection;
  const tookMs = now() - given.startedAt;
  log.info({ orderNo: order.orderNo, ...plan, records, rejected, unconfirmed, tookMs }, 'order extracted');
}

/** Of a message, for the archive that was fetched for it. */
const nameOf = ({ topic, partition, offset }: OrderPlace): string => `${topic}/${partition}/${offset}`;
