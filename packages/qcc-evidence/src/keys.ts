import { createHash } from 'node:crypto';

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/**
 * One part of a key. Order numbers, company keys and check ids are others' texts: one that is no plain name becomes its
 * hash, so that none leads out of its folder or is too long for a file system. The objects hold the texts themselves.
 */
export const keyPart = (text: string): string =>
  PLAIN.test(text) ? text : `~${createHash('sha256').update(text).digest('hex')}`;

/** @throws RangeError where a key is not made of such parts. */
export function requireKey(key: string): void {
  if (!key.split('/').every((part) => /^[A-Za-z0-9_~][A-Za-z0-9._~-]{0,249}$/.test(part))) {
    throw new RangeError(`${JSON.stringify(key)} is no key of the evidence store`);
  }
}
