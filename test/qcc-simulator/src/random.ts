/**
 * Seeded randomness, our own so that a seed means the same data in every version of every library: the generator is
 * sfc32 (PractRand), its 128 bits of state are a hash of the seed and a path. Every record draws from a path of its
 * own, so any record can be made at any time without making those before it.
 */
export type Random = {
  /** 32 random bits. */
  bits(): number;
  /** From 0 up to, but not including, 1. */
  fraction(): number;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  chance(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** Lower-case hexadecimal digits. */
  hex(length: number): string;
  text(length: number, alphabet: string): string;
};

export const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';

export function randomOf(seed: string, ...path: readonly (string | number)[]): Random {
  let [a, b, c, counter] = hash128([seed, ...path].join('/'));
  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) bits();
  const fraction = (): number => bits() / 2 ** 32;
  const int = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1));
  const text = (length: number, alphabet: string): string => {
    let drawn = '';
    while (drawn.length < length) drawn += alphabet[int(0, alphabet.length - 1)];
    return drawn;
  };
  return {
    bits,
    fraction,
    int,
    chance: (share) => fraction() < share,
    pick: (items) => items[int(0, items.length - 1)]!,
    hex: (length) => text(length, HEX),
    text,
  };
}

/** Four lanes that feed one another; 32 bits would let two of 200,000 records share their data. */
function hash128(text: string): [number, number, number, number] {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = 0x6a09e667;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    a = Math.imul(b ^ code, 0x85ebca6b) ^ (a >>> 15);
    b = Math.imul(c ^ code, 0xc2b2ae35) ^ (b >>> 13);
    c = Math.imul(d ^ code, 0x27d4eb2f) ^ (c >>> 16);
    d = Math.imul(a ^ code, 0x165667b1) ^ (d >>> 14);
  }
  return [a | 0, b | 0, c | 0, d | 0];
}
