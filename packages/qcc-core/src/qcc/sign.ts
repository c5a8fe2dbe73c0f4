import { createHash } from 'node:crypto';

/**
 * The headers that authenticate one request (document 6.2.1, 权限验证): MD5 of key + Timespan + SecretKey. QCC refuses
 * an old Timespan (code 115), so each attempt is signed again, and a wrong clock causes that code.
 * The Token is a secret while it is valid.
 */
export function sign({ key, secretKey }: { key: string; secretKey: string }, nowMs: number) {
  const Timespan = String(Math.floor(nowMs / 1_000));
  const Token = createHash('md5').update(`${key}${Timespan}${secretKey}`).digest('hex').toUpperCase();
  return { Token, Timespan };
}
