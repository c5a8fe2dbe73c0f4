import { Agent, request } from 'undici';
import type { Settings } from '../base/settings.ts';
import type { Probe } from '../base/watch-probe.ts';

/** Asks the registry for its subjects; any response counts, a refused login or certificate too. */
export function createRegistryProbe({ SCHEMA_REGISTRY_URL: url }: Settings<'SCHEMA_REGISTRY_URL'>): Probe {
  // Nothing is told, so it does not matter to whom.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  return {
    what: `the schema registry at ${url}`,
    async ask(signal) {
      try {
        const { body } = await request(`${url}/subjects`, { dispatcher, signal });
        await body.dump();
      } catch (error) {
        if (signal.aborted) throw error;
      }
      return null;
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
