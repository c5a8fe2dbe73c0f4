import { describeError } from 'qcc-core/base/errors';

/** Our side of a row; every other side is the name of a peer. */
export const OURS = 'ours';

export type Wait = {
  /** `OURS` or the name of a peer. */
  side: string;
  /** The condition that is waited for. */
  what: string;
  limitMs: number;
};

/**
 * Runs one side's work. Its signal is aborted when the limit is exceeded.
 * @throws SideFailedError if the work fails or exceeds the limit.
 */
export type Within = <Result>(wait: Wait, work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;

/** One side of a row failed. The message names the side and what was waited for. */
export class SideFailedError extends Error {
  override readonly name = 'SideFailedError';
}

/** The waits of one row. */
export function openWaits(): {
  within: Within;
  /** All that is waited for now, in words; empty if nothing is. */
  underWay(): string;
} {
  const current = new Set<string>();
  return {
    underWay: () => [...current].join(', '),
    async within({ side, what, limitMs }, work) {
      const wait = `${side === OURS ? 'our side' : `the peer ${side}`}: ${what}`;
      current.add(wait);
      try {
        return await bounded(limitMs, wait, work);
      } catch (error) {
        if (error instanceof SideFailedError) throw error;
        throw new SideFailedError(`${wait}: ${describeError(error)}`, { cause: error });
      } finally {
        current.delete(wait);
      }
    },
  };
}

/** @throws SideFailedError after the limit, even if the work goes on. */
export async function bounded<Result>(
  limitMs: number,
  what: string | (() => string),
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const exceeded = new AbortController();
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new SideFailedError(
      `${typeof what === 'string' ? what : what()}: not done within ${limitMs / 1_000} s`,
    );
    reject(error);
    exceeded.abort(error);
  }, limitMs);
  try {
    return await Promise.race([work(exceeded.signal), limit]);
  } finally {
    clearTimeout(timer);
  }
}
