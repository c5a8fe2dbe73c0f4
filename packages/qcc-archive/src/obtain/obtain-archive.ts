import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order } from 'qcc-core/contract/domain';
import { WaitError } from '../errors.ts';
import { isSpoolFull, type SpoolFolder } from './spool-folder.ts';
import type { Inspected, Refused } from './steps.ts';

/** One way through the steps: link, download, inspect. */
export type FetchOnce = (options: { trustCallback: boolean }) => Promise<Inspected | Refused>;

/** Reads and inspects the kept archive; null if no usable one is kept. */
export type ReadKept = () => Promise<Inspected | Refused | null>;

type ObtainDeps = { spool: SpoolFolder; patience: Patience };

/** How long an order's failure counts as a fault of the environment. The order waits meanwhile. */
export type Patience = {
  /** Whether the order has failed for so long that the fault counts as its own. The first call starts the time. */
  isOver(orderNo: string): boolean;
  /** Forgets the order, because it was fetched or is itself at fault. The next failure starts the time again. */
  end(orderNo: string): void;
};

/** Far more than QCC lists. An order that is forgotten is waited for again. */
const MOST_ORDERS = 1_000;

/**
 * A 5xx response, a download that breaks off, or a host that cannot be reached does not show whether QCC or this order is at fault.
 * An outage of a minute must not fail any order, and an order that QCC cannot deliver must not block the others forever. A refused
 * order is retried while QCC lists it, but it does not delay the others again until it has been fetched.
 */
export function createPatience({ ms, now }: { ms: number; now: () => number }): Patience {
  const since = new Map<string, { began: number; at: number; isOver: boolean }>();
  return {
    isOver(orderNo) {
      const at = now();
      const known = since.get(orderNo);
      // This is not called while QCC itself is unavailable, and such a time does not count against the order.
      const isOld = known !== undefined && !known.isOver && at - known.at > ms;
      const began = known === undefined || isOld ? at : known.began;
      const isOver = at - began >= ms;
      since.set(orderNo, { began, at, isOver });
      for (const oldest of since.keys()) if (since.size > MOST_ORDERS) since.delete(oldest);
      return isOver;
    },
    end: (orderNo) => void since.delete(orderNo),
  };
}

/** QCC no longer has the archive, or never had it. */
const GONE_REASONS: readonly DeadLetterReason[] = ['ORDER_UNKNOWN', 'LINK_UNAVAILABLE', 'DOWNLOAD_FAILED'];

/**
 * Fetches an order's archive until the outcome is clear. If an archive does not open or a link is refused, it tries once more
 * with a fresh link from QCC, because a broken download looks the same. If that fails, the order is at fault. If QCC no longer has
 * the archive of a replay, or does not give it now, the kept original is read, so that the replay does not delay new orders.
 * An order that does not fit into an otherwise empty spool waits for a while, and is then refused.
 * @throws WaitError if QCC, its file host, the kept original or space in the spool is not available, the signal's reason, and other
 *   errors of the file system.
 */
export async function obtainArchive(
  deps: ObtainDeps,
  order: Order,
  steps: { fetchOnce: FetchOnce; readKept: ReadKept },
): Promise<Inspected | Refused> {
  const { spool, patience } = deps;
  try {
    return order.source === 'replay'
      ? await fetchOrReadKept(deps, order, steps)
      : await fetchPatiently(deps, order, steps.fetchOnce);
  } catch (error) {
    if (!isSpoolFull(error)) throw error;
    const message = `the spool has no room for order ${order.orderNo} (${error.code})`;
    // Other orders leave the spool soon, and other files may leave the disk. An order that never fits must not wait forever.
    if (spool.files.size > 0 || !patience.isOver(order.orderNo)) throw new WaitError(message, { cause: error });
    return {
      kind: 'refused',
      reason: 'ARCHIVE_TOO_LARGE',
      message: `${message} although no other order is in it`,
    };
  }
}

/**
 * Fetches the archive of an order that is published already, by a signed link; null if it is not available now. It does not wait
 * until it is.
 * @throws the signal's reason, and errors of the file system, except for a full spool.
 */
export async function obtainSigned(fetchOnce: FetchOnce): Promise<Inspected | Refused | null> {
  try {
    const fetched = await fetchOnce({ trustCallback: false });
    return fetched.kind === 'refused' && fetched.mayPass ? null : fetched;
  } catch (error) {
    if (error instanceof WaitError || isSpoolFull(error)) return null;
    throw error;
  }
}

/** For replays. */
async function fetchOrReadKept(
  deps: ObtainDeps,
  order: Order,
  { fetchOnce, readKept }: { fetchOnce: FetchOnce; readKept: ReadKept },
): Promise<Inspected | Refused> {
  try {
    const fetched = await fetchPatiently(deps, order, fetchOnce);
    const isGone = fetched.kind === 'refused' && GONE_REASONS.includes(fetched.reason);
    return isGone ? ((await readKept()) ?? fetched) : fetched;
  } catch (error) {
    const kept = error instanceof WaitError ? await readKept() : null;
    if (!kept) throw error;
    return kept;
  }
}

async function fetchPatiently(
  { patience }: ObtainDeps,
  { orderNo }: Order,
  fetchOnce: FetchOnce,
): Promise<Inspected | Refused> {
  let fetched = await fetchOnce({ trustCallback: true });
  if (fetched.kind === 'refused' && fetched.freshLinkMayHelp) fetched = await fetchOnce({ trustCallback: false });
  if (fetched.kind === 'inspected' || !fetched.mayPass) patience.end(orderNo);
  else if (!patience.isOver(orderNo))
    throw new WaitError(`${fetched.message}; it may pass, so the order is tried again for a while`);
  return fetched;
}
