import { type Download, type DownloadOutcome, downloadArchive } from './download.ts';

/**
 * As `downloadArchive`, but by https where a link of plain http names no port (those of the document do not, 6.2.5) and
 * the file host speaks it: a signature of OSS does not cover the scheme. Else the link serves as it is, since the archive
 * is encrypted and authenticated as a whole.
 */
export async function downloadPreferringHttps(
  download: Download,
  attempt: (download: Download) => Promise<DownloadOutcome> = downloadArchive,
): Promise<DownloadOutcome> {
  const secure = overHttps(download.url);
  if (secure !== null) {
    const outcome = await attempt({ ...download, url: secure });
    if (outcome.kind === 'downloaded' || outcome.kind === 'tooLarge') return outcome;
  }
  return await attempt(download);
}

function overHttps(url: string): string | null {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'http:' || parsed.port !== '') return null;
  return url.trimStart().replace(/^http:/i, 'https:');
}
