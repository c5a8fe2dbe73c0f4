import type { Gate } from './gate.ts';

/** The gate closed before the call was made. */
export class GateClosedError extends Error {
  override readonly name = 'GateClosedError';
  constructor() {
    super('the gate of detail calls is closed');
  }
}

/**
 * What every single call of a detail endpoint has to pass, further pages included: the function resolves when the rate
 * allows the call, calls being spread evenly, without bursts.
 *
 * Of the limiters on npm, bottleneck was tried: its own timers let no more than some 400 calls a second through here,
 * whatever the rate.
 * @throws GateClosedError (the function returned) where the gate is closed by then.
 */
export function createCallAdmission(deps: {
  gate: Pick<Gate, 'closedFor'>;
  ratePerSecond: number;
  now: () => number;
}): () => Promise<void> {
  const gapMs = 1_000 / deps.ratePerSecond;
  let nextAt = 0;
  return async () => {
    const now = deps.now();
    const startAt = Math.max(nextAt, now);
    nextAt = startAt + gapMs;
    if (startAt > now) await new Promise((resolve) => setTimeout(resolve, startAt - now));
    if (deps.gate.closedFor() !== null) throw new GateClosedError();
  };
}
