import { parseShanghaiDateTime } from '../base/shanghai-time.ts';

/**
 * When a download link ends, in ms: the earlier of `downloadUrlExpiredTime` and the link's own `Expires` (Unix seconds,
 * as OSS signs it). The document's callback example has them three and a half hours apart. Null where neither is given.
 */
export function linkExpiresAt(downloadUrl: string, downloadUrlExpiredTime: string | null | undefined): number | null {
  const said = downloadUrlExpiredTime ? parseShanghaiDateTime(downloadUrlExpiredTime.trim()) : null;
  const expires = URL.canParse(downloadUrl) ? new URL(downloadUrl).searchParams.get('Expires') : null;
  const signed = expires !== null && /^\d{1,11}$/.test(expires) ? Number(expires) * 1_000 : null;
  return said !== null && signed !== null ? Math.min(said, signed) : (said ?? signed);
}
