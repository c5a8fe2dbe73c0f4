import Bottleneck from 'bottleneck';
import type { Gate } from './gate.ts';

/** The gate closed before the call was made. */
export class GateClosedError extends Error {
  override readonly name = 'GateClosedError';
  constructor() {
    super('the gate of detail calls is closed');
  }
}

/**
 * What every single call of a detail endpoint has to pass, further pages included: resolves when the rate allows the
 * call. @throws GateClosedError (by the function returned) where the gate has closed meanwhile.
 */
export function createCallAdmission(deps: {
  gate: Pick<Gate, 'closedFor'>;
  ratePerSecond: number;
}): () => Promise<void> {
  const rate = new Bottleneck({ minTime: 1_000 / deps.ratePerSecond });
  return () =>
    rate.schedule(async () => {
      if (deps.gate.closedFor() !== null) throw new GateClosedError();
    });
}
