const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/**
 * The hash that Java's default partitioner takes of a key (MurmurHash2 with Kafka's seed, `Utils.murmur2`), as a signed
 * 32-bit integer. `length`: how much of `key` counts. kafkajs computes the same with 64-bit integers, at several microseconds a key.
 */
export function murmur2(key: Uint8Array, length = key.length): number {
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const rest = length - at;
  if (rest === 3) hash ^= key[at + 2]! << 16;
  if (rest >= 2) hash ^= key[at + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ key[at]!, M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
