import { type Download, type DownloadOutcome, downloadArchive } from './download.ts';

/** How long a host's links use plain http after https failed there. */
export const PLAIN_FOR_MS = 600_000;
/** How long https may take to send the headers of its response: a port 443 may accept TLS and then stall. */
export const HTTPS_HEADERS_TIMEOUT_MS = 10_000;

/**
 * Downloads like `downloadArchive`, but tries https first for http links without a port, as in the document (6.2.5). OSS signatures do
 * not cover the scheme. If https fails, it uses the link as given. That is safe because the archive itself is encrypted and
 * authenticated.
 *
 * If https is unreachable or sends no headers within `headersTimeoutMs`, and http works, it skips https for that host for
 * `PLAIN_FOR_MS`, so a filtered port 443 delays one order and not every order. Each process remembers this separately.
 */
export function createPreferHttps({
  attempt = downloadArchive,
  now = Date.now,
  headersTimeoutMs = HTTPS_HEADERS_TIMEOUT_MS,
}: {
  attempt?: (download: Download) => Promise<DownloadOutcome>;
  now?: () => number;
  headersTimeoutMs?: number | undefined;
} = {}): (download: Download) => Promise<DownloadOutcome> {
  const plainUntil = new Map<string, number>();
  return async (download) => {
    const secure = overHttps(download.url);
    if (secure === null || now() < (plainUntil.get(secure.host) ?? -Infinity)) return await attempt(download);
    const outcome = await attempt({ ...download, url: secure.url, headersTimeoutMs });
    if (outcome.kind === 'downloaded' || outcome.kind === 'tooLarge') return outcome;
    const plain = await attempt(download);
    // If http does not reach the host either, https is not at fault.
    if (isAway(outcome) && !isAway(plain)) plainUntil.set(secure.host, now() + PLAIN_FOR_MS);
    return plain;
  };
}

/** Whether the host was not reached. A download that breaks off has reached it. */
const isAway = (outcome: DownloadOutcome): boolean => outcome.kind === 'network' && outcome.reason !== 'TRUNCATED';

function overHttps(link: string): { url: string; host: string } | null {
  const parsed = URL.parse(link);
  if (parsed?.protocol !== 'http:' || parsed.port !== '') return null;
  return { url: link.trimStart().replace(/^http:/i, 'https:'), host: parsed.host };
}
