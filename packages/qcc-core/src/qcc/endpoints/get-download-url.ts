import { z } from 'zod';
import { parseShanghaiDateTime } from '../../base/shanghai-time.ts';
import { isRecord } from '../response.ts';
import type { Endpoint } from './endpoint.ts';
import { optionalText, requiredText } from './fields.ts';

export type DownloadLink = {
  orderNo: string;
  /** A secret: whoever has the link has the archive. */
  downloadUrl: string;
  /** A secret. */
  unzipPassword: string;
};

const fieldsOf = (orderNo: string) =>
  z.object({
    orderNo: optionalText
      .transform((named) => named ?? orderNo)
      .refine((named) => named === orderNo, 'names another order than the one asked for'),
    downloadUrl: requiredText.refine((url) => URL.canParse(url), 'is not a URL'),
    unzipPassword: requiredText,
  });

/**
 * 根据订单号获取下载文件的 url 地址 (document 6.2.5). The document's table lists the fields flat, its example nests them under
 * `result`. Both are read, and a nested field takes precedence. A response about another order is refused.
 */
export const getDownloadUrl: Endpoint<{ orderNo: string }, DownloadLink> = {
  name: 'getDownloadUrl',
  returnsSecrets: true,
  query: ({ orderNo }) => ({ orderNo }),
  result: ({ orderNo }) =>
    z
      .record(z.string(), z.unknown())
      .transform(({ result, ...flat }) => ({ ...flat, ...(isRecord(result) ? result : {}) }))
      .pipe(fieldsOf(orderNo)),
};

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
