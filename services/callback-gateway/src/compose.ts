/** The gateway, composed: QCC's callbacks, and what reconcile finds, become orders on the topic `orders`. */
import { openTable } from 'qcc-core/kafka/table';
import { TOPICS } from 'qcc-core/kafka/topics';
import { createQccClient } from 'qcc-core/qcc/client';
import { createSealer } from 'qcc-core/sealing';
import { defineService } from 'qcc-core/service';
import { QCC_SETTINGS } from 'qcc-core/settings';
import { createApp } from './app.ts';
import { openOrderLog } from './order-log.ts';
import { openOrderStates } from './order-states.ts';
import { runReconcile } from './reconcile/reconcile-loop.ts';
import { startServer } from './server.ts';

const PUBLISH_TIMEOUT_MS = 3_000;
/** An order that was published but not extracted after this long is published again. */
const ATTEMPT_TTL_MS = 600_000;

export const callbackGateway = defineService({
  name: 'callback-gateway',
  defaultAdminPort: 9101,
  settings: [...QCC_SETTINGS, 'SEALING_KEY', 'GATEWAY_HOST', 'GATEWAY_PORT', 'CALLBACK_PATH', 'RECONCILE_INTERVAL_MS'],
  healthParts: ['kafka'],
  async start({ settings, log, metrics, health, kafka, codec, signal, resources }) {
    const now = Date.now;
    const sealer = createSealer(settings.SEALING_KEY);
    const orders = resources.use(
      await openOrderLog({
        kafka,
        codec,
        sealer,
        account: settings.ACCOUNT,
        prefix: settings.TOPIC_PREFIX,
        health,
        now,
      }),
    );
    const table = resources.use(
      await openTable({
        kafka,
        topic: TOPICS.orderState,
        prefix: settings.TOPIC_PREFIX,
        owner: 'callback-gateway',
        sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
        health,
        log,
        decode: (bytes) => codec.decode('order-state', bytes),
      }),
    );
    const states = await openOrderStates({ table, account: settings.ACCOUNT, send: orders.sendMarker });
    const attempts = new Map<string, number>();

    const app = createApp({
      callbackPath: settings.CALLBACK_PATH,
      key: settings.QCC_KEY,
      account: settings.ACCOUNT,
      now,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      log,
      metrics,
      async publish(order) {
        await orders.publish(order);
        attempts.set(order.orderNo, now());
      },
    });
    const server = resources.use(
      await startServer({ app, host: settings.GATEWAY_HOST, port: settings.GATEWAY_PORT, log }),
    );
    log.info({ port: server.port }, 'callbacks are taken');

    const client = resources.use(
      createQccClient({
        baseUrl: settings.QCC_BASE_URL,
        key: settings.QCC_KEY,
        secretKey: settings.QCC_SECRET_KEY,
        timeoutMs: settings.QCC_TIMEOUT_MS,
        proxyUrl: settings.QCC_PROXY_URL,
        now,
        onCall({ endpoint, reason, durationMs }) {
          metrics.qccCalls.inc({ endpoint, outcome: reason });
          metrics.qccCallSeconds.observe({ endpoint }, durationMs / 1_000);
        },
      }),
    );
    const reconcile = runReconcile({
      account: settings.ACCOUNT,
      listLatestOrderNo: client.listLatestOrderNo,
      settled: states.settled,
      attempts,
      attemptTtlMs: ATTEMPT_TTL_MS,
      publish: orders.publish,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      unconfirmed: {
        has: states.unconfirmed,
        confirm: (orderNo) => states.confirm(orderNo, orders.confirm),
      },
      intervalMs: settings.RECONCILE_INTERVAL_MS,
      now,
      signal,
      log,
      metrics,
    });
    resources.defer(() => reconcile);
  },
});
