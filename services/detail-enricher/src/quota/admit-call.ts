import type { CallPermission } from './call-permission.ts';
import type { Charge } from './spend-ledger.ts';
import type { Spending } from './spending.ts';

/** The gate closed, or the budget was used up, before the call was made. */
export class GateClosedError extends Error {
  override readonly name = 'GateClosedError';
  constructor() {
    super('no detail call may be made');
  }
}

export type CallAdmission = {
  /**
   * What every single call of a detail endpoint has to pass, further pages included: resolves when the budget has paid
   * for it and the rate allows it, calls being spread evenly: however late a timer was, no second sees more of them begin
   * than the rate has whole calls.
   * @throws GateClosedError where no call may be made by then.
   */
  admit(): Promise<void>;
  /** An admitted call came back. */
  note(call: { endpoint: string; reason: string }): void;
};

/** By how much longer one call may be on its way than the next: it is at QCC that they must not come too fast. */
const WAY_MS = 35;
/** What the even pace leaves for calls that began late, in each second. */
const LATE_MS = 5;
/** Calls that began later than this are not made up for. */
const MOST_LATE_MS = 1_000;

/**
 * Of the limiters on npm, bottleneck was tried: its own timers let no more than some 400 calls a second through here,
 * whatever the rate.
 */
export function createCallAdmission(deps: {
  permission: Pick<CallPermission, 'closedFor'>;
  spending: Pick<Spending, 'charge' | 'heldShare'>;
  /** Of all instances together. */
  ratePerSecond: number;
  /** Milliseconds of a clock that is never put back. */
  now: () => number;
}): CallAdmission {
  const { permission, spending, now } = deps;
  /** Which of them came back is not known, and does not matter: any partition may pay for any call. */
  const underWay: Charge[] = [];
  /** When the latest calls began, the oldest first. */
  let begun: number[] = [];
  let nextAt = 0;
  let turn = Promise.resolve();

  /**
   * Calls keep an even pace, and where timers were late the next ones make up for it; but so many calls never begin
   * within less than a second, whatever the pace would allow.
   */
  const awaitTurn = async (askedAt: number): Promise<void> => {
    const rate = deps.ratePerSecond * spending.heldShare();
    const calls = Math.max(1, Math.floor(rate));
    const secondMs = Math.max(1_000, (1_000 * calls) / rate) + WAY_MS;
    const place = Math.max(nextAt, askedAt);
    const startAt = Math.max(place, (begun.at(-calls) ?? Number.NEGATIVE_INFINITY) + secondMs);
    for (let pauseMs = startAt - now(); pauseMs > 0; pauseMs = startAt - now())
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    nextAt = Math.max(place, now() - MOST_LATE_MS) + (secondMs + LATE_MS) / calls;
    begun.push(now());
    if (begun.length >= 2 * calls) begun = begun.slice(-calls);
  };

  /** One after the other: where one is late, the next find out when it began. */
  const awaitRate = (): Promise<void> => {
    const askedAt = now();
    turn = turn.then(() => awaitTurn(askedAt));
    return turn;
  };

  return {
    async admit() {
      if (permission.closedFor() !== null) throw new GateClosedError();
      const charge = await spending.charge();
      if (!charge) throw new GateClosedError();
      await awaitRate();
      // The last call that the budget paid for finds it used up, and may be made all the same.
      const closedFor = permission.closedFor();
      if (closedFor !== null && closedFor !== 'BUDGET_SPENT') {
        charge.cancel();
        throw new GateClosedError();
      }
      underWay.push(charge);
    },
    note({ endpoint, reason }) {
      underWay.shift()?.end({ endpoint, code: reason });
    },
  };
}
