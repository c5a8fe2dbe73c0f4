import { type Download, type DownloadOutcome, downloadArchive } from './download.ts';

/** For so long, links of a host go as they are after https did not work there. */
export const PLAIN_FOR_MS = 600_000;

/**
 * A function that downloads as `downloadArchive` does, but tries https first if a link of plain http names no port (those of the
 * document do not, 6.2.5): a signature of OSS does not cover the scheme. If https fails, the link is used as it is, because the
 * archive is encrypted and authenticated as a whole.
 *
 * If https cannot be reached and the plain link can, the host's links go as they are for `PLAIN_FOR_MS`. So a port 443 that drops
 * everything delays one order of that time, and not every order. Only this process remembers it.
 */
export function createPreferHttps({
  attempt = downloadArchive,
  now = Date.now,
}: {
  attempt?: (download: Download) => Promise<DownloadOutcome>;
  now?: () => number;
} = {}): (download: Download) => Promise<DownloadOutcome> {
  const plainUntil = new Map<string, number>();
  return async (download) => {
    const secure = overHttps(download.url);
    if (secure === null || now() < (plainUntil.get(secure.host) ?? -Infinity)) return await attempt(download);
    const outcome = await attempt({ ...download, url: secure.url });
    if (outcome.kind === 'downloaded' || outcome.kind === 'tooLarge') return outcome;
    const plain = await attempt(download);
    // A host that is away altogether says nothing of https.
    if (isAway(outcome) && !isAway(plain)) plainUntil.set(secure.host, now() + PLAIN_FOR_MS);
    return plain;
  };
}

/** A download that breaks off came from a host that is there. */
const isAway = (outcome: DownloadOutcome): boolean => outcome.kind === 'network' && outcome.reason !== 'TRUNCATED';

function overHttps(link: string): { url: string; host: string } | null {
  const parsed = URL.parse(link);
  if (parsed?.protocol !== 'http:' || parsed.port !== '') return null;
  return { url: link.trimStart().replace(/^http:/i, 'https:'), host: parsed.host };
}
