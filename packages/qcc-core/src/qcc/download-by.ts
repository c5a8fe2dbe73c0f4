import type { Settings } from '../base/settings.ts';
import type { Download, DownloadOutcome } from './download.ts';
import { createPreferHttps } from './prefer-https.ts';

/** What varies from download to download. */
export type DownloadInput = Pick<Download, 'url' | 'toFile' | 'signal'>;
type DownloadSettings = Settings<
  'QCC_DOWNLOAD_HOSTS' | 'QCC_ALLOW_PRIVATE_HOSTS' | 'QCC_PROXY_URL' | 'ARCHIVE_MAX_BYTES'
>;

const TIMEOUT_MS = 600_000;

/** Downloads as the settings allow it, by https where that works; one that takes more than ten minutes is given up. */
export const downloadBy =
  (settings: DownloadSettings, download: (download: Download) => Promise<DownloadOutcome> = createPreferHttps()) =>
  (input: DownloadInput): Promise<DownloadOutcome> =>
    download({
      ...input,
      allowedHosts: settings.QCC_DOWNLOAD_HOSTS,
      allowPrivateHosts: settings.QCC_ALLOW_PRIVATE_HOSTS,
      maxBytes: settings.ARCHIVE_MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
      proxyUrl: settings.QCC_PROXY_URL,
    });
