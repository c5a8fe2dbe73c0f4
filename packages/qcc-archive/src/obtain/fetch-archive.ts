import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order } from 'qcc-core/contract/domain';
import type { DownloadOutcome } from 'qcc-core/qcc/download';
import type { DownloadInput } from 'qcc-core/qcc/download-by';
import type { ChangeSpool } from '../change-spool.ts';
import { ArchiveError, WaitError } from '../errors.ts';
import type { ArchiveSource, Inspection, ReadLimits } from '../read-archive.ts';
import type { spoolChanges } from '../spool-changes.ts';
import type { SpooledFile, SpoolKept } from '../spool-kept.ts';
import type { AskLink, Link } from './ask-link.ts';
import type { Patience } from './patience.ts';

/** An archive in the spool, authenticated and parsed to its end, and what was read of it. Disposing it removes both. */
export type SpooledArchive = AsyncDisposable & {
  source: ArchiveSource;
  inspection: Inspection;
  changes: ChangeSpool;
  /** Of the encrypted archive as delivered. */
  sha256: string;
  bytes: number;
  unconfirmed: boolean;
};

export type Refusal = { kind: 'dead'; reason: DeadLetterReason; message: string };
export type FetchOutcome = { kind: 'fetched'; archive: SpooledArchive } | Refusal;

/** Resolves once an archive that could not be read is durable, as delivered. A second time it changes nothing. */
export type KeepRefused = (
  refused: Omit<SpooledFile, 'unconfirmed'> & { order: Order; file: string; reason: DeadLetterReason },
  signal: AbortSignal,
) => Promise<void>;

export type FetchDeps = {
  askLink: AskLink;
  /** Where a replay finds what QCC no longer has. */
  spoolKept: SpoolKept;
  /** For what QCC's own link brought; anybody who knows the key can put a link into a callback. */
  keepRefused: KeepRefused;
  download: (input: DownloadInput) => Promise<DownloadOutcome>;
  patience: Patience;
  inspect: typeof spoolChanges;
  spoolDir: string;
  /** Archives in the spool now, which every fetch adds to. */
  spooled: Set<string>;
  limits: ReadLimits;
  now: () => number;
};

const NETWORK_ATTEMPTS = 3;
const NETWORK_PAUSE_MS = 500;

/** QCC has the archive no more, or never had it. */
const GONE_REASONS: readonly DeadLetterReason[] = ['ORDER_UNKNOWN', 'LINK_UNAVAILABLE', 'DOWNLOAD_FAILED'];

/** What a broken download does not look like: whoever packed the archive meant it so. A bomb is not read twice. */
const PACKED_REASONS: readonly DeadLetterReason[] = [
  'ARCHIVE_LIMITS',
  'ARCHIVE_JSON_DAMAGED',
  'ARCHIVE_ENVELOPE_INVALID',
];

/**
 * An order → its archive in the spool. An archive that does not open, and a link that is refused, get one more try with a
 * fresh link of QCC's own, since a broken download looks the same; then it is the order's fault. A replay of what QCC no
 * longer has, or does not give now, reads the kept original: it must not hold up new orders. An order that does not fit into
 * the spool although no other is there waits for a while, and is refused then.
 * @throws WaitError where QCC, its file host, the kept original or room in the spool cannot be had, the signal's reason, and
 *   what the file system says of anything else.
 */
export async function fetchArchive(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<FetchOutcome> {
  try {
    return await (order.source === 'replay' ? fetchAgain : fetchDelivered)(deps, order, signal);
  } catch (error) {
    if (!isSpoolFull(error)) throw error;
    const message = `the spool has no room for order ${order.orderNo} (${error.code})`;
    // Other orders leave soon, and so may whatever else lies on this disk. An order that never fits must not wait for ever.
    if (deps.spooled.size > 0 || !deps.patience.isOver(order.orderNo)) throw new WaitError(message, { cause: error });
    deps.patience.end(order.orderNo);
    return { kind: 'dead', reason: 'ARCHIVE_TOO_LARGE', message: `${message} although no other order is in it` };
  }
}

/**
 * An order that is published already → its archive by a signed link; null where it cannot be had now. Waits for nothing.
 * @throws the signal's reason, and what the file system says of all but a full spool.
 */
export async function fetchSigned(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<FetchOutcome | null> {
  try {
    const tried = await tryFetch(deps, order, { trustCallback: false, signal });
    return tried.kind === 'dead' && tried.mayPass ? null : tried;
  } catch (error) {
    if (error instanceof WaitError || isSpoolFull(error)) return null;
    throw error;
  }
}

const SPOOL_FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const isSpoolFull = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && SPOOL_FULL.includes(error.code);

async function fetchAgain(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<FetchOutcome> {
  try {
    const fetched = await fetchDelivered(deps, order, signal);
    const isGone = fetched.kind === 'dead' && GONE_REASONS.includes(fetched.reason);
    return isGone ? ((await fetchKept(deps, order, signal)) ?? fetched) : fetched;
  } catch (error) {
    const kept = error instanceof WaitError ? await fetchKept(deps, order, signal) : null;
    if (!kept) throw error;
    return kept;
  }
}

async function fetchDelivered(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<FetchOutcome> {
  let tried = await tryFetch(deps, order, { trustCallback: true, signal });
  if (tried.kind === 'dead' && tried.freshLinkMayHelp) {
    tried = await tryFetch(deps, order, { trustCallback: false, signal });
  }
  if (tried.kind === 'dead' && tried.mayPass && !deps.patience.isOver(order.orderNo)) {
    throw new WaitError(`${tried.message}; it may pass, so the order is tried again for a while`);
  }
  deps.patience.end(order.orderNo);
  return tried;
}

async function fetchKept(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<FetchOutcome | null> {
  await using spool = openSpool(deps);
  const kept = await deps.spoolKept(order, spool.file);
  return kept && (await inspect(deps, { order, spool, ...kept }, signal));
}

type Failed = Refusal & { freshLinkMayHelp: boolean; mayPass: boolean };
type Try = { kind: 'fetched'; archive: SpooledArchive } | Failed;

async function tryFetch(
  deps: FetchDeps,
  order: Order,
  { trustCallback, signal }: { trustCallback: boolean; signal: AbortSignal },
): Promise<Try> {
  const asked = await deps.askLink(order, { trustCallback, signal });
  if (asked.kind === 'refused') {
    const { reason, message, mayPass } = asked;
    return { kind: 'dead', reason, message, freshLinkMayHelp: false, mayPass };
  }
  await using spool = openSpool(deps);
  const outcome = await downloadPatiently(deps, { order, link: asked.link, toFile: spool.file, signal });
  if (outcome.kind !== 'downloaded') return outcome;
  const { sha256, bytes } = outcome;
  const { password, unconfirmed } = asked.link;
  return await inspect(deps, { order, spool, sha256, bytes, password, unconfirmed }, signal);
}

type Spool = AsyncDisposable & {
  file: string;
  /** Disposing the spool leaves the file from now on; disposing what is returned removes it. */
  keep(): AsyncDisposable;
};

function openSpool({ spoolDir, spooled }: FetchDeps): Spool {
  const file = join(spoolDir, `${randomUUID()}.zip`);
  const stack = new AsyncDisposableStack();
  spooled.add(file);
  stack.defer(async () => {
    await rm(file, { force: true });
    spooled.delete(file);
  });
  return { file, keep: () => stack.move(), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function inspect(
  deps: FetchDeps,
  { order, spool, sha256, bytes, password, unconfirmed }: SpooledFile & { order: Order; spool: Spool },
  signal: AbortSignal,
): Promise<Try> {
  const source: ArchiveSource = { file: spool.file, password, limits: deps.limits, signal };
  try {
    const { inspection, changes } = await deps.inspect(source, `${spool.file}.changes`);
    const kept = new AsyncDisposableStack();
    kept.use(spool.keep());
    kept.use(changes);
    return {
      kind: 'fetched',
      archive: {
        source,
        inspection,
        changes,
        sha256,
        bytes,
        unconfirmed,
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      },
    };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    if (!unconfirmed) {
      const refused = { order, file: spool.file, sha256, bytes, password, reason: error.code };
      await deps.keepRefused(refused, signal);
    }
    const freshLinkMayHelp = unconfirmed || !PACKED_REASONS.includes(error.code);
    return { kind: 'dead', reason: error.code, message: error.message, freshLinkMayHelp, mayPass: false };
  }
}

async function downloadPatiently(
  deps: FetchDeps,
  { order, link, toFile, signal }: { order: Order; link: Link; toFile: string; signal: AbortSignal },
): Promise<Extract<DownloadOutcome, { kind: 'downloaded' }> | Failed> {
  const dead = (reason: DeadLetterReason, message: string, freshLinkMayHelp: boolean, mayPass = false) =>
    ({ kind: 'dead', reason, message: `order ${order.orderNo}: ${message}`, freshLinkMayHelp, mayPass }) as const;
  for (let attempt = 1; ; attempt += 1) {
    if (link.expiresAt !== null && link.expiresAt <= deps.now()) {
      return dead('DOWNLOAD_FAILED', 'its link expired before the download', true);
    }
    const outcome = await deps.download({ url: link.url, toFile, signal });
    switch (outcome.kind) {
      case 'downloaded':
        return outcome;
      case 'expired':
        return dead('DOWNLOAD_FAILED', outcome.message, true);
      case 'tooLarge':
        return dead('ARCHIVE_TOO_LARGE', outcome.message, false);
      case 'refused':
        // Anybody who knows the key can put a link into a callback: it must not hold up the feed.
        if (link.unconfirmed) return dead('DOWNLOAD_FAILED', outcome.message, true);
        // QCC's own link to a host that is not allowed: a setting that is behind, and so for every order.
        throw new WaitError(
          `order ${order.orderNo} cannot be downloaded: ${outcome.message}; check QCC_DOWNLOAD_HOSTS`,
        );
      case 'http':
        if (outcome.status < 500) return dead('DOWNLOAD_FAILED', outcome.message, true);
        break;
      case 'network':
        break;
      default:
        return outcome satisfies never;
    }
    if (attempt === NETWORK_ATTEMPTS) {
      const isHostAway = outcome.kind === 'network' && outcome.reason === 'UNREACHABLE';
      if (link.unconfirmed || !isHostAway)
        return dead('DOWNLOAD_FAILED', outcome.message, link.unconfirmed, !link.unconfirmed);
      throw new WaitError(`order ${order.orderNo} cannot be downloaded now: ${outcome.message}`);
    }
    await sleep(NETWORK_PAUSE_MS * attempt, undefined, { signal });
  }
}
