import pRetry from 'p-retry';
import { describeError } from '../base/errors.ts';

/** Pauses between two starts of the same account. */
const PAUSES = { minTimeout: 1_000, maxTimeout: 60_000 } as const;

/**
 * Starts several accounts in parallel, so that none waits for another one. Resolves once one of them runs. An account that fails to
 * start is started again after a pause. Pauses double up to one minute. The signal ends the attempts.
 * @throws Error with the problem of each account, if the first attempt fails for all of them.
 */
export async function startAccounts(input: {
  accounts: readonly string[];
  start: (account: string) => Promise<void>;
  onFailure: (account: string, error: unknown) => void;
  signal: AbortSignal;
  pauses?: { minTimeout: number; maxTimeout: number };
}): Promise<void> {
  const { accounts, start, onFailure, signal, pauses = PAUSES } = input;
  const attempts = accounts.map(start);
  try {
    await Promise.any(attempts);
  } catch (error) {
    const { errors } = error as AggregateError;
    throw new Error(accounts.map((account, at) => `account ${account}: ${describeError(errors[at])}`).join('\n'));
  }
  const startAgain = async (account: string) => {
    try {
      await start(account);
    } catch (error) {
      onFailure(account, error);
      // p-retry does not retry a TypeError.
      throw new Error(describeError(error), { cause: error });
    }
  };
  const again = { ...pauses, retries: Number.POSITIVE_INFINITY, signal };
  for (const [at, account] of accounts.entries()) {
    attempts[at]!.catch(async (error: unknown) => {
      onFailure(account, error);
      // It rejects only after the signal has aborted.
      await pRetry(() => startAgain(account), again).catch(() => {});
    });
  }
}
