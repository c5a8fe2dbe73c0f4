/**
 * What stands at which position of an archive. The exact numbers of each kind are dealt over the positions by a
 * permutation that can be computed both ways, so that no list of positions has to be kept for a large order.
 */
export type Slot =
  /** An element that is no record; `index` counts them. */
  | { kind: 'broken'; index: number }
  /** An id of an earlier order. */
  | { kind: 'repeat'; index: number }
  /** An id that this archive carries at another position, too. */
  | { kind: 'again'; position: number }
  /** A new id. */
  | { kind: 'fresh' };

export type Layout = {
  readonly fresh: number;
  at(position: number): Slot;
  positionOfRepeat(index: number): number;
  /** The position of the index-th new id; counts on from the first after the last. */
  positionOfFresh(index: number): number;
};

export type Shares = { records: number; broken: number; repeat: number; repeatWithin: number };

/** Broken elements, repeats and second appearances take their places in this order; what is left is new. */
export function layoutOf({ records, broken, repeat, repeatWithin }: Shares): Layout {
  const fresh = records - broken - repeat - repeatWithin;
  const length = Math.max(1, records);
  const stride = strideOf(length);
  const inverse = inverseOf(stride, length);
  const positionOf = (rank: number) => multiply(rank, inverse, length);
  const positionOfFresh = (index: number) => positionOf(records - fresh + (index % fresh));
  return {
    fresh,
    at: (position) => {
      const rank = multiply(position, stride, length);
      if (rank < broken) return { kind: 'broken', index: rank };
      if (rank < broken + repeat) return { kind: 'repeat', index: rank - broken };
      if (rank >= records - fresh) return { kind: 'fresh' };
      const index = rank - broken - repeat;
      return { kind: 'again', position: positionOfFresh(Math.floor((index * fresh) / repeatWithin)) };
    },
    positionOfRepeat: (index) => positionOf(broken + index),
    positionOfFresh,
  };
}

/** Near the golden section of the length, which spreads neighbours widest, and coprime to it. */
function strideOf(length: number): number {
  let stride = Math.max(1, Math.round(length * 0.618));
  while (greatestCommonDivisor(stride, length) !== 1) stride += 1;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The number that undoes a multiplication by `value`, by Euclid's extended algorithm. */
function inverseOf(value: number, modulus: number): number {
  let [remainder, next] = [modulus, value % modulus];
  let [factor, nextFactor] = [0, 1];
  while (next !== 0) {
    const quotient = Math.floor(remainder / next);
    [remainder, next] = [next, remainder - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

/** Exact as long as the product stays below 2^53: archives of up to 94 million elements. */
const multiply = (a: number, b: number, modulus: number): number => (a * b) % modulus;
