import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The header Token: MD5 of key + Timespan + SecretKey, 32 upper-case hexadecimal digits (document 6.2.1). */
export function tokenOf(key: string, timespan: string, secretKey: string): string {
  return createHash('md5').update(`${key}${timespan}${secretKey}`).digest('hex').toUpperCase();
}

/** The Signature of a link as Alibaba's OSS makes it (version 1): base64 of an HMAC-SHA1. Not yet percent-encoded. */
export function linkSignature(secret: string, path: string, expires: string): string {
  return createHmac('sha1', secret).update(`GET\n\n\n${expires}\n/pro-files${path}`).digest('base64');
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
