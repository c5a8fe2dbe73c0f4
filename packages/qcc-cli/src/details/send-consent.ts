import { hostname } from 'node:os';
import { gateMessage } from 'detail-enricher/gate-entry';
import { KAFKA_SETTINGS, readSettings } from 'qcc-core/settings';
import { publish } from '../publish.ts';
import type { Terminal } from '../terminal.ts';

/** Says on `detail-gate` that the account's default budget may be spent; resolves to the account once that is durable. */
export async function sendConsent({ env }: Pick<Terminal, 'env'>): Promise<string> {
  const settings = readSettings(env, KAFKA_SETTINGS);
  const account = settings.ACCOUNT;
  const by = `qcc@${hostname()}`;
  await publish(settings, (codec) => [gateMessage(codec, { account, state: 'CONSENT', since: Date.now(), by })]);
  return account;
}
