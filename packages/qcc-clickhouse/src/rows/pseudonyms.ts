import { hash } from 'node:crypto';

/** What stands for a company in masked views. Only the holder of the key can tell which company it is. */
export type Pseudonyms = {
  /** Tells keys apart and gives nothing of them away; null if there is no key. */
  readonly keyId: string | null;
  /** Null if there is no key. */
  of(account: string, corpKeyNo: string): string | null;
};

/** Without the letters that are easily misread: https://www.crockford.com/base32.html */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS_OF_A_DIGIT = 5;
const LENGTH = 10;

/** A company has several records, often in a row. */
const MOST_REMEMBERED = 100_000;

/**
 * A pseudonym is the first 50 bits of an HMAC-SHA256 of account and KeyNo, as 10 characters. The same company always has the same one,
 * and another one in another account. Two of n companies share one with a probability of about n² / 2^51: 1 in 220,000 for 100,000
 * companies, 1 in 2,250 for a million.
 * @param key PSEUDONYM_KEY, 32 bytes as base64. The KeyNo stays visible, so the pseudonym is no secret; the key keeps others from
 *   finding out which pseudonym a company has elsewhere.
 */
export function createPseudonyms(key: string | undefined): Pseudonyms {
  if (key === undefined) return { keyId: null, of: () => null };
  const hmacOf = createHmacOf(Buffer.from(key, 'base64'));
  // JSON keeps apart where one text ends and the next one begins.
  const hmac = (parts: readonly string[]) => hmacOf(Buffer.from(JSON.stringify(parts)));
  const known = new Map<string, string>();
  return {
    keyId: hmac(['key']).toString('hex').slice(0, 16),
    of(account, corpKeyNo) {
      const question = `${account}\0${corpKeyNo}`;
      const before = known.get(question);
      if (before !== undefined) return before;
      if (known.size >= MOST_REMEMBERED) known.clear();
      const pseudonym = encode(hmac(['company', account, corpKeyNo]));
      known.set(question, pseudonym);
      return pseudonym;
    },
  };
}

const encode = (digest: Buffer): string =>
  Array.from({ length: LENGTH }, (_, index) => {
    const bit = index * BITS_OF_A_DIGIT;
    const twoBytes = digest.readUInt16BE(bit >> 3);
    return DIGITS[(twoBytes >> (16 - BITS_OF_A_DIGIT - (bit & 7))) & 31];
  }).join('');

const BLOCK_BYTES = 64;

/**
 * HMAC-SHA256 (RFC 2104) of a short message, by two hashes: the object that `createHmac` makes for each costs six times as much.
 * @param key of at most 64 bytes.
 */
function createHmacOf(key: Buffer): (message: Buffer) => Buffer {
  const pad = (byte: number) => Buffer.alloc(BLOCK_BYTES, byte).map((each, at) => each ^ (key[at] ?? 0));
  const [inner, outer] = [pad(0x36), pad(0x5c)];
  const sha256 = (...parts: readonly Uint8Array[]) => hash('sha256', Buffer.concat(parts), 'buffer');
  return (message) => sha256(outer, sha256(inner, message));
}
