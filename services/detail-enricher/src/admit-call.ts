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
   * for it and the rate allows it, calls being spread evenly, without bursts.
   * @throws GateClosedError where no call may be made by then.
   */
  admit(): Promise<void>;
  /** An admitted call came back. */
  note(call: { endpoint: string; reason: string }): void;
};

/**
 * Of the limiters on npm, bottleneck was tried: its own timers let no more than some 400 calls a second through here,
 * whatever the rate.
 */
export function createCallAdmission(deps: {
  permission: Pick<CallPermission, 'closedFor'>;
  spending: Pick<Spending, 'charge' | 'heldShare'>;
  /** Of all instances together. */
  ratePerSecond: number;
  now: () => number;
}): CallAdmission {
  const { permission, spending, now } = deps;
  /** Which of them came back is not known, and does not matter: any partition may pay for any call. */
  const underWay: Charge[] = [];
  let nextAt = 0;

  const awaitRate = async (): Promise<void> => {
    const current = now();
    const startAt = Math.max(nextAt, current);
    nextAt = startAt + 1_000 / (deps.ratePerSecond * spending.heldShare());
    if (startAt > current) await new Promise((resolve) => setTimeout(resolve, startAt - current));
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
