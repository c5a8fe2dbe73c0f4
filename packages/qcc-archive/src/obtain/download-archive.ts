import { setTimeout as sleep } from 'node:timers/promises';
import { inSpan, type OpenSpan } from 'qcc-core/base/tracing/spans';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { DownloadOutcome } from 'qcc-core/qcc/download';
import type { DownloadInput } from 'qcc-core/qcc/download-by';
import type { DownloadArchive, Refused } from './steps.ts';

const NETWORK_ATTEMPTS = 3;
const NETWORK_PAUSE_MS = 500;

/**
 * Downloads the archive of a link, and retries if the network or the file host fails. It tries the link even if the link is said to
 * have expired: only a 403 from the file host proves that, and then a fresh link may help. If the host is not allowed, cannot be
 * reached or answers 5xx, all orders or only this link may be affected. So this is a refusal that may pass; for a callback's link, it
 * is a refusal after which a fresh link may help.
 * @throws errors of the file system, and the signal's reason.
 */
export const createDownloadArchive =
  (deps: { download: (input: DownloadInput) => Promise<DownloadOutcome> }): DownloadArchive =>
  async ({ order, link, file }, signal) => {
    const refuse = (reason: DeadLetterReason, message: string, may: Partial<Refused> = {}): Refused => ({
      kind: 'refused',
      reason,
      message: `order ${order.orderNo}: ${message}`,
      ...may,
    });
    const ofLink = { freshLinkMayHelp: true };
    // Anybody who knows the key can put a link into a callback: no order waits for it.
    const afterwards = link.unconfirmed ? ofLink : { mayPass: true };
    for (let attempt = 1; ; attempt += 1) {
      // Nothing of the link is in the span, its host included: a callback may bring any link.
      const outcome = await inSpan(
        { name: 'GET archive', role: 'client', attributes: { httpMethod: 'GET' } },
        async (span) => {
          const found = await deps.download({ url: link.url, toFile: file.path, signal });
          describeDownload(span, found);
          return found;
        },
      );
      switch (outcome.kind) {
        case 'downloaded': {
          const { sha256, bytes } = outcome;
          const { password, unconfirmed } = link;
          return { kind: 'downloaded', delivered: { sha256, bytes, password, unconfirmed } };
        }
        case 'expired':
          return refuse('DOWNLOAD_FAILED', outcome.message, ofLink);
        case 'tooLarge':
          return refuse('ARCHIVE_TOO_LARGE', outcome.message);
        case 'refused':
          return refuse('DOWNLOAD_FAILED', outcome.message, afterwards);
        case 'http':
          if (outcome.status < 500) return refuse('DOWNLOAD_FAILED', outcome.message, ofLink);
          break;
        case 'network':
          break;
        default:
          return outcome satisfies never;
      }
      if (attempt === NETWORK_ATTEMPTS) return refuse('DOWNLOAD_FAILED', outcome.message, afterwards);
      await sleep(NETWORK_PAUSE_MS * attempt, undefined, { signal });
    }
  };

function describeDownload(span: OpenSpan, outcome: DownloadOutcome): void {
  if (outcome.kind === 'downloaded') {
    span.set({ httpStatus: 200, archiveBytes: outcome.bytes, outcome: outcome.kind });
    return;
  }
  span.set({ httpStatus: outcome.kind === 'http' ? outcome.status : undefined, outcome: outcome.kind });
  span.fail(outcome.kind === 'network' ? outcome.reason : outcome.kind);
}
