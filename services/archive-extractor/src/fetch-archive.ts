import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from 'qcc-core/domain';
import type { DeadLetterReason } from 'qcc-core/kafka/dead-letter';
import type { Download, DownloadOutcome } from 'qcc-core/qcc/download';
import { ArchiveError } from './archive-error.ts';
import type { AskLink, Link } from './ask-link.ts';
import type { ArchiveSource, Inspection, ReadLimits } from './read-archive.ts';
import { WaitError } from './wait-error.ts';

/** An archive in the spool, authenticated and parsed to its end. Disposing it removes the file. */
export type SpooledArchive = AsyncDisposable & {
  source: ArchiveSource;
  inspection: Inspection;
  /** Of the encrypted archive as delivered. */
  sha256: string;
  bytes: number;
  unconfirmed: boolean;
};

export type Refusal = { kind: 'dead'; reason: DeadLetterReason; message: string };
export type FetchOutcome = { kind: 'fetched'; archive: SpooledArchive } | Refusal;

export type FetchDeps = {
  askLink: AskLink;
  download: (download: Pick<Download, 'url' | 'toFile' | 'signal'>) => Promise<DownloadOutcome>;
  inspect: (source: ArchiveSource) => Promise<Inspection>;
  spoolDir: string;
  limits: ReadLimits;
  now: () => number;
};

const NETWORK_ATTEMPTS = 3;
const NETWORK_PAUSE_MS = 500;

/**
 * An order → its archive in the spool. An archive that does not open, and a link that is refused, get one more try with a
 * fresh link, since a broken download looks the same; then it is the order's fault.
 * @throws WaitError where QCC or its file host cannot be had, the signal's reason, and what the file system says.
 */
export async function fetchArchive(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<FetchOutcome> {
  const first = await tryFetch(deps, order, signal);
  return first.kind === 'dead' && first.freshLinkMayHelp ? await tryFetch(deps, order, signal) : first;
}

type Try = { kind: 'fetched'; archive: SpooledArchive } | (Refusal & { freshLinkMayHelp: boolean });

async function tryFetch(deps: FetchDeps, order: Order, signal: AbortSignal): Promise<Try> {
  const asked = await deps.askLink(order, signal);
  if (asked.kind === 'refused') {
    return { kind: 'dead', reason: 'ORDER_UNKNOWN', message: asked.message, freshLinkMayHelp: false };
  }
  const toFile = join(deps.spoolDir, `${randomUUID()}.zip`);
  await using spool = new AsyncDisposableStack();
  spool.defer(() => rm(toFile, { force: true }));
  const outcome = await downloadPatiently(deps, { order, link: asked.link, toFile, signal });
  if (outcome.kind !== 'downloaded') return outcome;

  const source: ArchiveSource = { file: toFile, password: asked.link.password, limits: deps.limits, signal };
  try {
    const inspection = await deps.inspect(source);
    const kept = spool.move();
    return {
      kind: 'fetched',
      archive: {
        source,
        inspection,
        sha256: outcome.sha256,
        bytes: outcome.bytes,
        unconfirmed: asked.link.unconfirmed,
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      },
    };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { kind: 'dead', reason: error.code, message: error.message, freshLinkMayHelp: true };
  }
}

async function downloadPatiently(
  deps: FetchDeps,
  { order, link, toFile, signal }: { order: Order; link: Link; toFile: string; signal: AbortSignal },
): Promise<Extract<DownloadOutcome, { kind: 'downloaded' }> | (Refusal & { freshLinkMayHelp: boolean })> {
  const dead = (reason: DeadLetterReason, message: string, freshLinkMayHelp: boolean) =>
    ({ kind: 'dead', reason, message: `order ${order.orderNo}: ${message}`, freshLinkMayHelp }) as const;
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
        // A host that is not allowed is most likely a setting that is behind, and would be so for every order.
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
      throw new WaitError(`order ${order.orderNo} cannot be downloaded now: ${outcome.message}`);
    }
    await sleep(NETWORK_PAUSE_MS * attempt, undefined, { signal });
  }
}
