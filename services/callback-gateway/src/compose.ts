/** The gateway, composed: QCC's callbacks, and what reconcile finds, become orders on the topic `orders`. */

import { createSealer } from 'qcc-core/base/sealing';
import { QCC_SETTINGS } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { readCoverage } from 'qcc-core/kafka/messages/coverage-fact';
import {
  createOrderStateStore,
  isStateOf,
  type OrderProgress,
  type OrderStateStore,
} from 'qcc-core/kafka/messages/order-state';
import { connectClient } from 'qcc-core/qcc/connect-client';
import { defineService } from 'qcc-core/service/definition';
import { createApp } from './app.ts';
import { createCallbacks } from './callbacks.ts';
import { createClientAddress } from './client-address.ts';
import { createCoverageLog } from './coverage/coverage-log.ts';
import { followOrders } from './follow-orders.ts';
import { createAttempts, noteAttempt } from './order-attempts.ts';
import { type OrderLog, openOrderLog } from './order-log.ts';
import { openOrderStates } from './order-states.ts';
import { createActivations } from './reconcile/activations.ts';
import { electLeader } from './reconcile/elect-leader.ts';
import { createListBreaker } from './reconcile/list-breaker.ts';
import { createReactivation } from './reconcile/reactivate.ts';
import { runReconcile } from './reconcile/reconcile-loop.ts';
import { startServer } from './server.ts';
import { createWrongKeyCounter } from './wrong-keys.ts';

const PUBLISH_TIMEOUT_MS = 3_000;
/** An order that was published but not extracted after this long is published again. */
const ATTEMPT_TTL_MS = 600_000;

export const callbackGateway = defineService({
  name: 'callback-gateway',
  defaultAdminPort: 9101,
  settings: [
    ...QCC_SETTINGS,
    'SEALING_KEY',
    'GATEWAY_HOST',
    'GATEWAY_PORT',
    'GATEWAY_MAX_CONNECTIONS',
    'CALLBACK_PATH',
    'TRUSTED_PROXIES',
    'WRONG_KEYS_PER_MINUTE',
    'RECONCILE_INTERVAL_MS',
    'RECONCILE_GRACE_MS',
    'CALLBACK_PATIENCE_MS',
    'PUSH_WINDOWS',
    'QUOTA_OPENS_AT',
    'ACTIVATION_DAILY_LIMIT',
    'ACTIVATION_MIN_INTERVAL_MS',
  ],
  async open({ settings, log, metrics, signal, resources }) {
    const app = createApp({ log, metrics });
    // Listen before waiting for anything: QCC counts a refused connection as an error, and stops calling after five errors in a row. A
    // callback needs only the producer, not the tables that are read later.
    const server = resources.use(
      await startServer({
        app,
        host: settings.GATEWAY_HOST,
        port: settings.GATEWAY_PORT,
        maxConnections: settings.GATEWAY_MAX_CONNECTIONS,
        log,
      }),
    );
    return { app, server, ending: signal };
  },
  async start({ settings, log, metrics, health, kafka, connect, signal, resources }, { app, server, ending }) {
    const now = Date.now;
    const sealer = createSealer(settings.SEALING_KEY);
    const attempts = createAttempts();
    const opened = Promise.withResolvers<OrderLog>();
    const callbacks = createCallbacks({
      key: settings.QCC_KEY,
      account: settings.ACCOUNT,
      now,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      clientAddress: createClientAddress(settings.TRUSTED_PROXIES),
      countWrongKey: createWrongKeyCounter({ perMinute: settings.WRONG_KEYS_PER_MINUTE }),
      log,
      metrics,
      async publish(order) {
        await (await opened.promise).publish(order);
        noteAttempt(attempts, order, now());
      },
    });
    const route = resources.use(app.addAccount(settings.CALLBACK_PATH, callbacks));
    const codec = await connect();
    const orders = resources.use(
      await openOrderLog({
        kafka,
        codec,
        sealer,
        account: settings.ACCOUNT,
        prefix: settings.TOPIC_PREFIX,
        now,
      }),
    );
    opened.resolve(orders);
    log.info({ port: server.port }, 'callbacks are taken');
    const parts = {
      kafka,
      prefix: settings.TOPIC_PREFIX,
      sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
      health,
      log,
    };
    const tableDeps = { ...parts, group: `${settings.TOPIC_PREFIX}qcc.callback-gateway` };
    const activations = createActivations({ account: settings.ACCOUNT });
    const breaker = createListBreaker({ quotaOpensAt: settings.QUOTA_OPENS_AT, now, log, health, metrics });
    const [stateTable, coverageTable] = await Promise.all([
      openTable<OrderProgress, OrderProgress, OrderStateStore>({
        ...tableDeps,
        topic: TOPICS.orderState,
        decode: (bytes) => codec.decode('order-state', bytes),
        newStore: createOrderStateStore,
        wants: isStateOf(settings.ACCOUNT),
      }),
      openTable({
        ...tableDeps,
        topic: TOPICS.coverage,
        decode: async (bytes) => readCoverage(await codec.decode('coverage', bytes)),
        onValue: (_, fact) => fact && activations.note(fact),
      }),
    ]);
    resources.use(stateTable);
    resources.use(coverageTable);
    resources.use(
      await openTable({
        ...tableDeps,
        topic: TOPICS.detailGate,
        decode: (bytes) => codec.decode('detail-gate', bytes),
        // `npx qcc details open`: the quota is raised, or the account in order.
        onValue(_, entry) {
          if (entry.account === settings.ACCOUNT && entry.state === 'PROBE') breaker.reset();
        },
      }),
    );
    const states = await openOrderStates({
      table: stateTable,
      account: settings.ACCOUNT,
      send: (marker) => orders.send([marker]),
      signal,
    });
    const coverage = createCoverageLog({ table: coverageTable, account: settings.ACCOUNT, codec, send: orders.send });
    // At the end of the process, requests that run are answered before tables and producer close. If only this account ends, they
    // are answered with 503.
    resources.defer(() => (ending.aborted ? server.close() : route[Symbol.dispose]()));
    const client = resources.use(connectClient({ settings, metrics, log, now }));
    resources.use(
      await followOrders({
        ...parts,
        codec,
        onOrder(order) {
          if (order.account === settings.ACCOUNT) noteAttempt(attempts, order, now());
        },
      }),
    );
    // Without leadership the figures of a pass say nothing: the series are there on the instance that polls.
    const showLeadership = (ours: boolean) => {
      metrics.polling.set(ours ? 1 : 0);
      if (ours) return log.info('this instance compares orders with QCC');
      metrics.ordersBeforeHorizon.remove();
      metrics.openGaps.remove();
      metrics.listBlocked.reset();
    };
    showLeadership(false);
    const leadership = resources.use(
      await electLeader({ ...parts, account: settings.ACCOUNT, onChange: showLeadership }),
    );
    const reconcile = runReconcile({
      leadership,
      activations,
      account: settings.ACCOUNT,
      listLatestOrderNo: client.listLatestOrderNo,
      breaker,
      isDone: states.isDone,
      failures: states.failures,
      attempts,
      attemptTtlMs: ATTEMPT_TTL_MS,
      patienceMs: settings.CALLBACK_PATIENCE_MS,
      publish: orders.publish,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      coverage,
      pushWindows: settings.PUSH_WINDOWS,
      graceMs: settings.RECONCILE_GRACE_MS,
      reactivate: createReactivation({
        account: settings.ACCOUNT,
        activeCallbackUrl: client.activeCallbackUrl,
        breaker,
        record: coverage.record,
        readOnly: settings.QCC_READ_ONLY,
        dailyLimit: settings.ACTIVATION_DAILY_LIMIT,
        minIntervalMs: settings.ACTIVATION_MIN_INTERVAL_MS,
        now,
        signal,
        log,
        metrics,
      }),
      intervalMs: settings.RECONCILE_INTERVAL_MS,
      now,
      signal,
      log,
      metrics,
    });
    resources.defer(() => reconcile);
  },
});
