import { createHash } from 'node:crypto';

export type VersionParts = {
  /** Milliseconds since the epoch. */
  pushDate: number;
  orderNo: string;
  revision: number;
  position: number;
  /** Whether the details are settled, with any result. With equal parts above it, a settled version is greater than a pending one. */
  settled: boolean;
  /** When the details were fetched, in ms; null counts as 0. */
  fetchedAt: number | null;
};

/**
 * The version of a row as an unsigned 256-bit integer, big-endian: for one (account, id) the greater one wins, and a
 * subscriber needs nothing but a comparison of bytes. From the top:
 *
 * | bits | holds |
 * |---|---|
 * | 48 | pushDate, ms |
 * | 74 | the number orderNo ends in, its last 22 digits at most; 0 where it ends in no digit |
 * | 38 | the first bits of SHA-256 of orderNo, so that orders with equal digits still differ |
 * | 16 | revision |
 * | 32 | position |
 * | 1 | settled |
 * | 47 | fetchedAt, ms |
 *
 * The 112 bits that are cached per order begin and end at byte boundaries. The decision record on the version describes the rejected
 * alternatives.
 * @throws RangeError naming the part that does not fit.
 */
export function packVersion(parts: VersionParts): Buffer {
  const { pushDate, revision, position, settled } = parts;
  const fetchedAt = parts.fetchedAt ?? 0;
  requireRange('pushDate', pushDate, 2 ** 48);
  requireRange('revision', revision, 2 ** 16);
  requireRange('position', position, 2 ** 32);
  requireRange('fetchedAt', fetchedAt, SETTLED);
  const version = Buffer.allocUnsafe(32);
  version.writeUIntBE(pushDate, 0, 6);
  version.set(orderBits(parts.orderNo), 6);
  version.writeUInt16BE(revision, 20);
  version.writeUInt32BE(position, 22);
  version.writeUIntBE(settled ? SETTLED + fetchedAt : fetchedAt, 26, 6);
  return version;
}

const SETTLED = 2 ** 47;

function requireRange(part: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new RangeError(`version: ${part} is ${value}, and must be a whole number from 0 to ${limit - 1}`);
  }
}

/** Records come order by order; a handful of orders is ever in flight. */
const CACHED_ORDERS = 1_000;
const cache = new Map<string, Uint8Array>();

function orderBits(orderNo: string): Uint8Array {
  const cached = cache.get(orderNo);
  if (cached) return cached;
  if (cache.size >= CACHED_ORDERS) cache.clear();
  const [digits] = /\d{0,22}$/.exec(orderNo)!;
  const hash = createHash('sha256').update(orderNo).digest().readBigUInt64BE() >> 26n;
  const bits = Buffer.from(((BigInt(digits) << 38n) | hash).toString(16).padStart(28, '0'), 'hex');
  cache.set(orderNo, bits);
  return bits;
}

/** The version as ClickHouse takes a UInt256 in text. */
export const versionToDecimal = (version: Uint8Array): string =>
  BigInt(`0x${Buffer.from(version.buffer, version.byteOffset, version.byteLength).toString('hex')}`).toString();

/** Negative if `one` is older than `other`, 0 if they are the same, positive if it is newer. */
export const compareVersions = (one: Uint8Array, other: Uint8Array): number => Buffer.compare(one, other);
