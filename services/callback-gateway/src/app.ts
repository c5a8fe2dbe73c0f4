import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { Callbacks } from './callbacks.ts';
import { RESPONSE_HEADERS, responseBody } from './server.ts';

export type App = Hono<{ Bindings: HttpBindings }> & {
  /**
   * Routes requests for the path to an account. After disposal the path responds with 503.
   * @throws Error if another account has the path.
   */
  addAccount(callbackPath: string, callbacks: Callbacks): Disposable;
};

/** The public side of the gateway: one path per account. All other paths respond with 404. */
export function createApp({ log, metrics }: { log: Pick<Log, 'error'>; metrics: Pick<Metrics, 'callbacks'> }): App {
  const accounts = new Map<string, Callbacks | null>();
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', (c) => {
    const respond = (httpStatus: 404 | 503, msg: string, outcome: string) => {
      metrics.callbacks.inc({ outcome });
      return c.body(responseBody(httpStatus, msg), httpStatus, RESPONSE_HEADERS);
    };
    const callbacks = accounts.get(new URL(c.req.raw.url).pathname);
    if (callbacks === undefined) return respond(404, '接口不存在', 'unknown_path');
    if (callbacks === null) return respond(503, '服务暂不可用，请稍后重试', 'unpublished');
    return callbacks.fetch(c.req.raw, c.env);
  });
  app.onError((error, c) => {
    metrics.callbacks.inc({ outcome: 'error' });
    log.error({ err: error }, 'callback failed unexpectedly');
    return c.body(responseBody(500, '系统错误'), 500, RESPONSE_HEADERS);
  });
  return Object.assign(app, {
    addAccount(callbackPath: string, callbacks: Callbacks) {
      // Compared as URLs write it, never as a pattern: an unguessable path may hold any character.
      const path = new URL(callbackPath, 'http://gateway').pathname;
      if (accounts.get(path)) throw new Error(`another account has the callback path ${path} (CALLBACK_PATH)`);
      accounts.set(path, callbacks);
      return { [Symbol.dispose]: () => void accounts.set(path, null) };
    },
  });
}
