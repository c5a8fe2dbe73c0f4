import { unlessAborted } from 'qcc-core/base/unless-aborted';
import type { Probe } from 'qcc-core/base/watch-probe';
import { type EvidenceSettings, nameEvidenceStore } from './open-store.ts';
import { STORE_MARK } from './store.ts';

/** Looks for the mark of the store. Any response or error counts as an answer, so only a store that hangs does not answer. */
export async function createEvidenceProbe(settings: EvidenceSettings): Promise<Probe> {
  const store = await nameEvidenceStore(settings);
  return {
    what: `the evidence store ${store.place}`,
    async ask(signal) {
      const asking = store.has(STORE_MARK).catch(() => {});
      await unlessAborted(asking, signal);
      return null;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
