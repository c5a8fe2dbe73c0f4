import { createHash } from 'node:crypto';

export type Signature = {
  /** 32 hexadecimal digits, upper case. A secret while it is valid. */
  Token: string;
  /** Unix seconds. */
  Timespan: string;
};

/**
 * The headers that authenticate one request (document 6.2.1, 权限验证): MD5 of key + Timespan + SecretKey. QCC refuses
 * an old Timespan (code 115), so each attempt is signed anew, and a clock that is off shows as that code.
 */
export function sign({ key, secretKey }: { key: string; secretKey: string }, nowMs: number): Signature {
  const Timespan = String(Math.floor(nowMs / 1_000));
  const Token = createHash('md5').update(`${key}${Timespan}${secretKey}`).digest('hex').toUpperCase();
  return { Token, Timespan };
}
