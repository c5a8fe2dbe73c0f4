import { Agent, request } from 'undici';
import type { Settings } from '../base/settings.ts';
import type { Probe } from '../base/watch-probe.ts';

/** Asks the registry for its subjects. Any response or error counts as an answer, so only a registry that hangs does not answer. */
export function createRegistryProbe({ SCHEMA_REGISTRY_URL: url }: Settings<'SCHEMA_REGISTRY_URL'>): Probe {
  // The request contains nothing secret, so the certificate does not matter.
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
