import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Simulator, startSimulator } from 'qcc-simulator/simulator';
import { PSEUDONYM_KEY_FILE, SEALING_KEY_FILE, SIMULATOR_ORDERS_FILE } from '../../stack/places.ts';

/** The simulator writes as an account of its own, so that nobody takes its rows for real ones. */
export const SIMULATOR_ACCOUNT = 'simulator';

/**
 * Starts the simulator, with callbacks to this machine's gateway; `env` points the services at it. It goes on with the orders of
 * earlier runs: without them, coverage would have a gap.
 */
export async function startSimulatedQcc(
  callbackUrl: URL,
  ordersFile = SIMULATOR_ORDERS_FILE,
): Promise<Simulator & { env: Record<string, string> }> {
  const simulator = await startSimulator({ callbackUrl: callbackUrl.href, ordersFile });
  return Object.assign(simulator, {
    env: {
      ACCOUNT: SIMULATOR_ACCOUNT,
      QCC_BASE_URL: simulator.baseUrl,
      QCC_KEY: simulator.key,
      QCC_SECRET_KEY: simulator.secretKey,
      QCC_DOWNLOAD_HOSTS: simulator.downloadHost,
      QCC_ALLOW_PRIVATE_HOSTS: 'true',
      // The key is kept in a file: with another one, the services could not open the secrets of orders on the topic and of kept archives.
      SEALING_KEY: keptKey(SEALING_KEY_FILE),
      PSEUDONYM_KEY: keptKey(PSEUDONYM_KEY_FILE),
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_PORT: callbackUrl.port || '80',
      CALLBACK_PATH: callbackUrl.pathname,
      // One simulated order is known from the list alone; nobody should wait minutes for it.
      RECONCILE_INTERVAL_MS: '2000',
      CALLBACK_PATIENCE_MS: '10000',
      // The real QCC is spared by default; the simulator need not be.
      DETAIL_RATE_PER_SECOND: '500',
      DETAIL_DAILY_BUDGET: '1000000',
    },
  });
}

/** Makes the key at its first use. */
function keptKey(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
