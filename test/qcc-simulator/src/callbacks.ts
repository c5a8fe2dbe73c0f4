import type { Faults } from './faults.ts';
import type { Link } from './links.ts';
import type { Order } from './orders.ts';
import type { PushAccount } from './push-setting.ts';
import { shanghaiTime } from './shanghai.ts';

/** What became of one callback. `silenced`: five in a row had failed, and nobody activated the URL since. */
export type CallbackResult =
  | { kind: 'delivered'; at: number; attempts: number; durationMs: number }
  | { kind: 'failed'; at: number; attempts: number; durationMs: number; reason: string }
  | { kind: 'silenced' | 'disabled' | 'no-callback-url'; at: number };

const FAILURES_UNTIL_SILENCE = 5;

/** The callback's URL as the document has it (6.2.2): `?` and encoded values after whatever URL was set. */
export function callbackRequestUrl(
  callbackUrl: string,
  { key, order, link, expiredTimeLagMs }: { key: string; order: Order; link: Link; expiredTimeLagMs: number },
): string {
  const parameters = {
    key,
    orderNo: order.orderNo,
    downloadUrl: link.url,
    downloadUrlExpiredTime: shanghaiTime(link.expiresAt + expiredTimeLagMs),
    unzipPassword: order.password,
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${callbackUrl}?${query.join('&')}`;
}

type SendDeps = { now: () => number; account: PushAccount; faults: Faults; signal: AbortSignal };

/** Calls the callback URL for one order and counts failures as QCC does; never throws for what the other side did. */
export async function sendCallback(
  deps: SendDeps,
  { url }: { url: (callbackUrl: string) => string },
): Promise<CallbackResult> {
  const { now, account, faults } = deps;
  const at = now();
  const { callbackUrl, enablePush } = account.setting;
  if (enablePush === 'I') return { kind: 'disabled', at };
  if (callbackUrl === null) return { kind: 'no-callback-url', at };
  let reason: string | undefined;
  let attempts = 0;
  while (attempts < faults.callbackAttempts && account.failures < FAILURES_UNTIL_SILENCE) {
    attempts += 1;
    reason = await callbackFailure(
      url(callbackUrl),
      AbortSignal.any([deps.signal, AbortSignal.timeout(faults.callbackTimeoutMs)]),
    );
    account.noteCallback(reason === undefined);
    if (reason === undefined) return { kind: 'delivered', at, attempts, durationMs: now() - at };
  }
  if (reason === undefined) return { kind: 'silenced', at };
  return { kind: 'failed', at, attempts, durationMs: now() - at, reason };
}

/** Anything but HTTP 200 with JSON whose status is 200 counts as an error. */
async function callbackFailure(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal });
    const body = await response.text();
    if (response.status !== 200) return `HTTP ${response.status}`;
    const answer: unknown = JSON.parse(body);
    const status = typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined;
    return String(status) === '200' ? undefined : `status ${JSON.stringify(status)}`;
  } catch (error) {
    if (error instanceof SyntaxError) return 'no JSON';
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return error instanceof Error ? `${error.message}${cause}` : String(error);
  }
}
