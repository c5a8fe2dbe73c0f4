import { QCC_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { QccClient } from 'qcc-core/qcc/client';
import { connectClient } from 'qcc-core/qcc/connect-client';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { CommandFailure, type Terminal } from './terminal.ts';

/** A client for the account that the environment names; the caller disposes it. */
export const connectQcc = ({ env }: Pick<Terminal, 'env'>): QccClient =>
  connectClient({ settings: readSettings(env, QCC_SETTINGS), now: Date.now });

/** @throws CommandFailure where QCC_READ_ONLY forbids to change anything at QCC. */
export function refuseReadOnly({ env }: Pick<Terminal, 'env'>, command: string): void {
  if (!readSettings(env, ['QCC_READ_ONLY']).QCC_READ_ONLY) return;
  throw new CommandFailure(`${command} would change something at QCC, and QCC_READ_ONLY is true: nothing was done`);
}

/**
 * What QCC answered, null where there is nothing.
 * @throws CommandFailure with the status and what to do about it.
 */
export function requireResponse<Value>(outcome: QccOutcome<Value>): Value | null {
  if (outcome.kind === 'success') return outcome.value;
  if (outcome.kind === 'empty') return null;
  throw new CommandFailure(`${outcome.message} (${outcome.reason}): ${ADVICE[outcome.kind]}`);
}

const ADVICE: Readonly<Record<QccFailure['kind'], string>> = {
  later: 'QCC is still working on it; ask again in a minute',
  retry: 'try again later; if it stays so, check QCC_BASE_URL, QCC_PROXY_URL and the network',
  pause: 'the daily limit is used up; it opens again at QUOTA_OPENS_AT in Shanghai, unless QCC raises it before',
  stop: 'do not repeat it; check QCC_KEY, QCC_SECRET_KEY, the clock, and the account at QCC',
  never: 'QCC will not answer this request as it is',
  unknown: "QCC's interface document does not describe this response; check that QCC_BASE_URL is right",
};
