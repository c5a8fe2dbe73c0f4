import { fileURLToPath } from 'node:url';
import { type EVIDENCE_SETTINGS, type Settings, SettingsError } from 'qcc-core/base/settings';
import { openFolderStore } from './folder-store.ts';
import { type EvidenceStore, notMadeError } from './store.ts';

export type EvidenceSettings = Settings<(typeof EVIDENCE_SETTINGS)[number]>;

/**
 * Opens the store that EVIDENCE_URL names, and checks that it exists. A bucket that cannot be reached now is not an error here:
 * operations on it fail with EvidenceError `unavailable` until it responds.
 * @throws EvidenceError if the store was never made or its volume is not mounted, TypeError if a file URL names another
 *   machine, SettingsError if only a part of the bucket's login is set.
 */
export async function openEvidenceStore(settings: EvidenceSettings): Promise<EvidenceStore> {
  const store = await nameEvidenceStore(settings);
  const isBucket = settings.EVIDENCE_URL.startsWith('s3:');
  try {
    const found = await store.contents().catch((error: unknown) => {
      if (isBucket) return 'store' as const;
      throw error;
    });
    if (found !== 'store') throw notMadeError(store.place, found);
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Opens the same store without checking that it exists. Nothing is read or written yet.
 * @throws TypeError and SettingsError as `openEvidenceStore`.
 */
export async function nameEvidenceStore(settings: EvidenceSettings): Promise<EvidenceStore> {
  const { EVIDENCE_URL: url } = settings;
  const s3 = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(url);
  if (!s3) return openFolderStore(url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length));
  const [, bucket = '', prefix = ''] = s3;
  refuseHalfLogin(settings);
  const { EVIDENCE_S3_ACCESS_KEY_ID: accessKeyId, EVIDENCE_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  // The SDK costs some 35 MB of memory: only who uses a bucket pays for it.
  const { openS3Store } = await import('./s3-store.ts');
  return openS3Store({
    bucket,
    prefix,
    region: settings.EVIDENCE_S3_REGION,
    endpoint: settings.EVIDENCE_S3_ENDPOINT,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  });
}

/** Without this check, the SDK would silently use its default credentials instead. */
function refuseHalfLogin(settings: EvidenceSettings): void {
  const names = ['EVIDENCE_S3_ACCESS_KEY_ID', 'EVIDENCE_S3_SECRET_ACCESS_KEY'] as const;
  const missing = names.filter((name) => settings[name] === undefined);
  if (missing.length === 1)
    throw new SettingsError([`${missing[0]} missing: ${names.join(', ')} are set together or not at all`]);
}
