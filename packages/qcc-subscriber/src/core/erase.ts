import { describeError } from 'qcc-core/base/errors';
import { unlessAborted } from 'qcc-core/base/unless-aborted';
import { HandlerError } from '../errors.ts';
import type { ErasedRecord } from '../generated/topics.ts';
import type { RetryOptions } from '../options.ts';
import type { VersionStore } from '../store/version-store.ts';
import { attempt } from './attempt.ts';

export type EraseDeps = {
  /** Takes changes back that no handler has yet, and resolves when the others have ended. */
  withdraw(erasure: ErasedRecord): Promise<void>;
  store: VersionStore;
  onErased: ((erasure: ErasedRecord) => void | Promise<void>) | undefined;
  retry: RetryOptions;
  /** Prevents further calls of the hook. */
  signal: AbortSignal;
  /** Neither the hook nor handlers are waited for any more. It aborts after `signal`. */
  cut: AbortSignal;
  onFailure(error: unknown): void;
};

/**
 * Tells the user of an erasure, and forgets the versions of what was erased. Handlers that run have ended before, so what they stored
 * is there when the hook erases it. Nothing is done for an erasure that the store knows.
 * @throws HandlerError if the hook failed in all attempts, errors of the store, or the reason of a signal
 */
export async function erase(deps: EraseDeps, erasure: ErasedRecord): Promise<void> {
  const { store, onErased, cut } = deps;
  await unlessAborted(deps.withdraw(erasure), cut);
  if (await store.hasErased?.(erasure)) return;
  if (onErased) {
    const callHook = async (): Promise<void> => await onErased(erasure);
    const exhausted = await attempt(() => unlessAborted(callHook(), cut), deps);
    if (exhausted) {
      const { account, corpKeyNo, id } = erasure;
      const what = id === null ? `the company ${corpKeyNo}` : `the record ${id} of the company ${corpKeyNo}`;
      throw new HandlerError(`onErased failed for ${what} of account ${account}: ${describeError(exhausted.error)}`, {
        cause: exhausted.error,
      });
    }
  }
  await store.erase?.(erasure);
}
