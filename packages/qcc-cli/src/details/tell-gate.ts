import { hostname } from 'node:os';
import { readSettings } from 'qcc-core/base/settings';
import { breakerMessage } from 'qcc-core/kafka/messages/detail-gate';
import { publish } from '../publish.ts';
import type { Surroundings } from '../terminal.ts';

/**
 * Says on `detail-gate` what a person has decided: CONSENT, that the account's default budget may be spent, or PROBE, that
 * one call is to find out now whether QCC answers again. Resolves to the account once that is durable.
 */
export async function tellGate(terminal: Surroundings, state: 'CONSENT' | 'PROBE'): Promise<string> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  const by = `qcc@${hostname()}`;
  await publish(terminal, ({ codec }) => [breakerMessage(codec, { account, state, since: Date.now(), by })]);
  return account;
}
