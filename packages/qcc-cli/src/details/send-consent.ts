import { hostname } from 'node:os';
import { gateMessage } from 'detail-enricher/gate-entry';
import { readSettings } from 'qcc-core/settings';
import { publish } from '../publish.ts';
import type { Terminal } from '../terminal.ts';

/** Says on `detail-gate` that the account's default budget may be spent; resolves to the account once that is durable. */
export async function sendConsent(terminal: Pick<Terminal, 'env'>): Promise<string> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  const by = `qcc@${hostname()}`;
  await publish(terminal, ({ codec }) => [gateMessage(codec, { account, state: 'CONSENT', since: Date.now(), by })]);
  return account;
}
