import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { orderAttributes } from 'qcc-core/base/tracing/span-attributes';
import { inSpan } from 'qcc-core/base/tracing/spans';
import { withDeadline } from 'qcc-core/base/with-deadline';
import { acceptCallback, type RefusalReason } from './accept-callback.ts';
import type { ClientAddress } from './client-address.ts';
import { RESPONSE_HEADERS, responseBody } from './server.ts';
import type { ReceivedOrder } from './to-order-message.ts';
import type { CountWrongKey } from './wrong-keys.ts';

export type CallbackDeps = {
  key: string;
  account: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Resolves once the order is durable. May reject, or never settle, while Kafka is away. */
  publish: (order: ReceivedOrder) => Promise<void>;
  publishTimeoutMs: number;
  clientAddress: ClientAddress;
  countWrongKey: CountWrongKey;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  metrics: Pick<Metrics, 'callbacks' | 'callbackOddities'>;
};

/** Callbacks that did not show the right key. */
const WITHOUT_KEY: readonly RefusalReason[] = ['key_missing', 'key_repeated', 'key_wrong'];

/** Handles requests to the callback path of one account. */
export type Callbacks = Hono<{ Bindings: HttpBindings }>;

/**
 * Handles the callbacks of one account, GET only. QCC gets a success only after the order is durable. It gets 503 if publishing fails
 * or takes longer than `publishTimeoutMs`. QCC then calls again, and a second publication of an order is harmless.
 * No response or log line contains a link, a password or the key. A client without the right key gets 429 after a few
 * attempts. The key is still compared, so that callbacks of QCC are accepted even from the same address.
 */
export function createCallbacks(deps: CallbackDeps): Callbacks {
  const { log, metrics } = deps;
  const app: Callbacks = new Hono();

  app.all('*', async (c) => {
    const respond = (httpStatus: 200 | 400 | 403 | 405 | 429 | 503, msg: string, outcome: string) => {
      metrics.callbacks.inc({ outcome });
      return c.body(responseBody(httpStatus, msg), httpStatus, RESPONSE_HEADERS);
    };
    // Hono serves HEAD as GET, and a HEAD must not publish.
    if (c.req.raw.method !== 'GET') {
      c.header('allow', 'GET');
      return respond(405, '仅支持GET请求', 'method_not_allowed');
    }

    const callback = acceptCallback({
      query: new URL(c.req.raw.url).search.slice(1),
      key: deps.key,
      account: deps.account,
      now: deps.now(),
    });
    if (callback.kind === 'refused') {
      if (WITHOUT_KEY.includes(callback.reason)) {
        const client = deps.clientAddress({
          peer: getConnInfo(c).remote.address,
          forwardedFor: c.req.header('x-forwarded-for'),
        });
        const verdict = await deps.countWrongKey(client);
        if (verdict.kind === 'limited') {
          if (verdict.first)
            log.warn({ client }, 'a client has called repeatedly without the right key and now gets 429');
          c.header('retry-after', String(verdict.retryAfterSeconds));
          return respond(429, '请求过于频繁，请稍后重试', 'too_many_wrong_keys');
        }
      }
      log.warn({ reason: callback.reason }, 'callback refused');
      return respond(callback.httpStatus, callback.msg, callback.reason);
    }

    const { order, oddities } = callback;
    // The trace of an order begins here, whatever headers the request has. Neither path nor query is in the span: both are secret.
    const attributes = { ...orderAttributes(order), source: order.source, httpMethod: 'GET' };
    return await inSpan({ name: 'GET callback', role: 'server', attributes, parent: null }, async (span) => {
      for (const oddity of oddities) metrics.callbackOddities.inc({ oddity });
      if (oddities.length > 0) log.warn({ orderNo: order.orderNo, oddities }, 'callback accepted although it is odd');
      try {
        await withDeadline(() => deps.publish(order), {
          what: `publishing order ${order.orderNo}`,
          timeoutMs: deps.publishTimeoutMs,
        });
      } catch (error) {
        log.error(
          { err: error, orderNo: order.orderNo },
          'order not published: QCC gets 503, and reconcile fetches the order',
        );
        span.fail(error);
        span.set({ httpStatus: 503 });
        return respond(503, '服务暂不可用，请稍后重试', 'unpublished');
      }
      log.info({ orderNo: order.orderNo }, 'order received');
      span.set({ httpStatus: 200 });
      return respond(200, '成功', 'accepted');
    });
  });

  app.onError((error, c) => {
    metrics.callbacks.inc({ outcome: 'error' });
    log.error({ err: error }, 'callback failed unexpectedly');
    return c.body(responseBody(500, '系统错误'), 500, RESPONSE_HEADERS);
  });
  return app;
}
