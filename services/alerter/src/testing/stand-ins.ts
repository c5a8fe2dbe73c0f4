import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Alert } from 'qcc-alerts/message/alert';
import { type LoopbackServer, startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { Webhook } from 'standardwebhooks';

/** What a stand-in got, good or not. */
export type Received = {
  at: number;
  /** Why it was not taken; null if it was. */
  refused: string | null;
  body: string;
  url: string;
  /** The header `webhook-id`, or the id in the text. */
  id: string;
};

export type StandIn = LoopbackServer & {
  readonly received: readonly Received[];
  /** While it is down it cuts every connection. */
  setDown(isDown: boolean): void;
  /** Holds responses back while set: messages stay in flight. */
  setHeld(isHeld: boolean): void;
};

type Kind = 'webhook' | 'wecom' | 'dingtalk' | 'feishu';

const HOUR_MS = 3_600_000;
/** Of Standard Webhooks. */
const WEBHOOK_TOLERANCE_MS = 300_000;

/**
 * Takes messages as the vendor's document says: checks format, size, signature and limit, and answers as the vendor does. The checks are
 * written apart from the code that they check.
 */
export async function startStandIn(
  kind: Kind,
  { secret = '', now = Date.now }: { secret?: string; now?: () => number } = {},
): Promise<StandIn> {
  const received: Received[] = [];
  const taken: number[] = [];
  const held: (() => void)[] = [];
  let isDown = false;
  let isHeld = false;
  const server = await startLoopbackServer(async (request, response) => {
    if (isDown) {
      request.socket.destroy();
      return;
    }
    const body = await textOf(request);
    const at = now();
    const problem = problemOf(kind, { request, body, secret, at }) ?? (isOverLimit(kind, taken, at) ? 'limit' : null);
    if (problem === null) taken.push(at);
    received.push({ at, refused: problem, body, url: request.url ?? '', id: idOf(kind, request, body) });
    if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
    const [status, answer] = answerOf(kind, problem);
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
  });
  return {
    ...server,
    received,
    setDown(down) {
      isDown = down;
    },
    setHeld(hold) {
      isHeld = hold;
      if (!hold) for (const release of held.splice(0)) release();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function problemOf(
  kind: Kind,
  { request, body, secret, at }: { request: IncomingMessage; body: string; secret: string; at: number },
): string | null {
  if (request.method !== 'POST' || !/^application\/json/.test(request.headers['content-type'] ?? '')) return 'format';
  const json = JSON.parse(body) as Record<string, unknown>;
  switch (kind) {
    case 'webhook': {
      // The library's own verification takes no clock.
      const signedAt = new Date(Number(request.headers['webhook-timestamp']) * 1_000);
      if (!(Math.abs(signedAt.getTime() - at) <= WEBHOOK_TOLERANCE_MS)) return 'signature';
      const signature = new Webhook(secret).sign(String(request.headers['webhook-id']), signedAt, body);
      return request.headers['webhook-signature'] === signature ? null : 'signature';
    }
    case 'wecom': {
      const { content } = (json.markdown ?? {}) as { content?: unknown };
      if (json.msgtype !== 'markdown' || typeof content !== 'string') return 'format';
      return Buffer.byteLength(content) > 4_096 ? 'size' : null;
    }
    case 'dingtalk': {
      const { title, text } = (json.markdown ?? {}) as { title?: unknown; text?: unknown };
      if (json.msgtype !== 'markdown' || typeof title !== 'string' || typeof text !== 'string') return 'format';
      if (Buffer.byteLength(body) > 20_000) return 'size';
      const query = new URL(request.url ?? '', 'http://robot').searchParams;
      const timestamp = query.get('timestamp') ?? '';
      if (Math.abs(Number(timestamp) - at) > HOUR_MS) return 'signature';
      const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
      return query.get('sign') === sign ? null : 'signature';
    }
    case 'feishu': {
      const { post } = (json.content ?? {}) as { post?: { zh_cn?: { title?: unknown; content?: unknown } } };
      if (json.msg_type !== 'post' || !Array.isArray(post?.zh_cn?.content)) return 'format';
      if (Buffer.byteLength(body) > 20_480) return 'size';
      if (Math.abs(Number(json.timestamp) * 1_000 - at) > HOUR_MS) return 'signature';
      const sign = createHmac('sha256', `${json.timestamp}\n${secret}`).update('').digest('base64');
      return json.sign === sign ? null : 'signature';
    }
  }
}

function isOverLimit(kind: Kind, taken: readonly number[], at: number): boolean {
  const within = (ms: number) => taken.filter((each) => each > at - ms).length;
  switch (kind) {
    case 'webhook':
      return false;
    case 'wecom':
    case 'dingtalk':
      return within(60_000) >= 20;
    case 'feishu':
      return within(60_000) >= 100 || within(1_000) >= 5;
  }
}

const CODES: Readonly<Record<Exclude<Kind, 'webhook'>, Readonly<Record<string, number>>>> = {
  wecom: { limit: 45_009, format: 40_008, size: 45_002, signature: 93_000 },
  dingtalk: { limit: 130_101, format: 400_105, size: 400_105, signature: 310_000 },
  feishu: { limit: 11_232, format: 9_499, size: 9_499, signature: 19_021 },
};

function answerOf(kind: Kind, problem: string | null): [number, string] {
  if (kind === 'webhook') return [problem === null ? 204 : 401, ''];
  const code = problem === null ? 0 : CODES[kind][problem];
  return [200, JSON.stringify(kind === 'feishu' ? { code, msg: problem } : { errcode: code, errmsg: problem })];
}

const idOf = (kind: Kind, request: IncomingMessage, body: string): string =>
  kind === 'webhook' ? String(request.headers['webhook-id']) : (/编号：(\w+)/.exec(body)?.[1] ?? '');

/** The alerts of a webhook's message. */
export const alertsOf = ({ body }: Received): Alert[] =>
  (JSON.parse(body) as { data: { alerts: Alert[] } }).data.alerts;
