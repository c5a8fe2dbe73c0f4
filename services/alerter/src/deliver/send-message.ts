import { createTransport } from 'nodemailer';
import { type DeliveryOutcome, judgeResponse } from 'qcc-alerts/message/judge-response';
import { TEXT_LIMITS } from 'qcc-alerts/message/limits';
import type { AlertMessage } from 'qcc-alerts/message/plan-message';
import { renderLines, titleOf } from 'qcc-alerts/message/render-text';
import { type AlertRequest, type TargetSecret, toRequest } from 'qcc-alerts/message/to-request';
import type { Target } from 'qcc-alerts/rules/rules-schema';

/** Of a request, with its response. */
const HTTP_TIMEOUT_MS = 10_000;
/** Of the connection to a mail server, and of its greeting. */
const MAIL_CONNECT_TIMEOUT_MS = 10_000;
/**
 * Of a mail. A server may check a mail for minutes before it accepts it, and it delivers the mail even if the client has left. If the
 * client sent the mail again, it would arrive twice. So a client has to wait ten minutes (RFC 5321, section 4.5.3.2.6).
 */
const MAIL_TIMEOUT_MS = 600_000;
/** Responses of robots are short. */
const MOST_RESPONSE_BYTES = 65_536;

export type SendInput = {
  target: Target;
  secret: TargetSecret;
  now: () => number;
  /** Default: ten seconds, or ten minutes for a mail. */
  timeoutMs?: number;
  /** For a mail: of the connection, and of the greeting. Default: ten seconds. */
  connectTimeoutMs?: number;
};

/**
 * Sends a message to a target once. Takes at most ten seconds, or ten minutes for a mail, however slowly the other side answers. Never
 * throws: it returns the outcome, and its reason holds neither URL nor secret nor text of the other side.
 */
export async function sendMessage(
  { target, secret, now, timeoutMs, connectTimeoutMs = MAIL_CONNECT_TIMEOUT_MS }: SendInput,
  message: AlertMessage,
): Promise<DeliveryOutcome> {
  if (target.kind === 'email')
    return await sendMail(target, secret, message, {
      signal: AbortSignal.timeout(timeoutMs ?? MAIL_TIMEOUT_MS),
      connectTimeoutMs,
    });
  const request = toRequest(target.kind, secret, message, now());
  return await post(target.kind, request, { now, signal: AbortSignal.timeout(timeoutMs ?? HTTP_TIMEOUT_MS) });
}

async function post(
  kind: Exclude<Target['kind'], 'email'>,
  { url, headers, body }: AlertRequest,
  { now, signal }: { now: () => number; signal: AbortSignal },
): Promise<DeliveryOutcome> {
  try {
    // A redirect could lead to a host that is not allowed.
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const answer = {
      status: response.status,
      body: kind === 'webhook' ? leaveUnread(response) : await readSome(response),
      retryAfter: response.headers.get('retry-after'),
    };
    return judgeResponse(kind, answer, now());
  } catch (error) {
    return { kind: 'failed', reason: codeOf(error) };
  }
}

/** Of a webhook only the status counts, and its body may never end. */
function leaveUnread({ body }: Response): '' {
  body?.cancel().catch(() => {});
  return '';
}

async function readSome(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = MOST_RESPONSE_BYTES;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    left -= chunk.byteLength;
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString();
}

/** 552 to 554: this message is not taken. Others, such as 550 for a receiver or 535 for a login, are repaired by a person. */
const REFUSED_CODES: readonly number[] = [552, 553, 554];

async function sendMail(
  target: Extract<Target, { kind: 'email' }>,
  { url }: TargetSecret,
  message: AlertMessage,
  { signal, connectTimeoutMs }: { signal: AbortSignal; connectTimeoutMs: number },
): Promise<DeliveryOutcome> {
  const transport = createTransport({
    url,
    // After the greeting, the signal ends the wait for a server that is silent or says a line now and then.
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { rejected } = await transport.sendMail({
      signal,
      from: target.from,
      to: target.to,
      subject: titleOf(message),
      text: renderLines(message, TEXT_LIMITS.email).join('\n'),
      messageId: `<${message.id}@qcc-alerts>`,
      date: new Date(message.at),
    });
    if (rejected.length === 0) return { kind: 'delivered' };
    return { kind: 'delivered', warning: `${rejected.length} of ${target.to.length} receivers were refused` };
  } catch (error) {
    const { responseCode } = error as { responseCode?: unknown };
    if (typeof responseCode !== 'number') return { kind: 'failed', reason: codeOf(error) };
    const reason = `SMTP ${responseCode}`;
    return { kind: REFUSED_CODES.includes(responseCode) ? 'refused' : 'failed', reason };
  } finally {
    transport.close();
  }
}

/** The code of the innermost cause, such as ECONNREFUSED. Messages of errors may hold addresses. */
function codeOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: unknown; name?: unknown };
  if (cause instanceof Error) return codeOf(cause);
  return /^[A-Z][A-Z0-9_]+$/.test(String(code)) ? String(code) : name === 'TimeoutError' ? 'TIMEOUT' : 'UNREACHABLE';
}
