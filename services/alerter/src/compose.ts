/** The alerter, composed: changes on `enriched-records` become messages to the teams that act on them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createErasures } from 'qcc-alerts/decide/erasures';
import { createPortfolios } from 'qcc-alerts/decide/portfolios';
import type { AlertState } from 'qcc-core/contract/domain';
import { serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS } from 'qcc-core/contract/topics';
import { watchLag } from 'qcc-core/kafka/client/watch-lag';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import { followTopic } from 'qcc-core/kafka/exactly-once/follow-topic';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { runWorker } from 'qcc-core/kafka/exactly-once/worker';
import {
  alertStateKey,
  alertStateMessage,
  isAlertStateOf,
  noAlertStateMessage,
} from 'qcc-core/kafka/messages/alert-state';
import { defineService } from 'qcc-core/service/definition';
import { customerOfKey } from 'qcc-portfolio/member-key';
import { createDecideBatch, type LaneState } from './decide/decide-batch.ts';
import { type Deliveries, openDeliveries } from './deliver/open-deliveries.ts';
import { sendMessage } from './deliver/send-message.ts';
import { ALERT_SETTINGS, loadRules } from './load-rules.ts';

const SERVICE = 'alerter';
/** The lane of this partition sends, so one instance keeps each target's limit and order. */
const SENDING_PARTITION = 0;
/** A repeated push after this time makes an alert again. */
const REMEMBERED_MS = 400 * 86_400_000;
/** Of each transaction. */
const MOST_TOMBSTONES = 10_000;

export const alerter = defineService({
  name: SERVICE,
  defaultAdminPort: 9105,
  settings: [...ALERT_SETTINGS, 'DEAD_LETTER_RUN_LIMIT'],
  async open({ settings }) {
    return loadRules(settings);
  },
  async start({ settings, log, metrics, health, kafka, connect, resources }, { rules, targets, secrets }) {
    const codec = await connect();
    const now = Date.now;
    const account = settings.ACCOUNT;
    const prefix = settings.TOPIC_PREFIX;
    const kafkaDeps = { kafka, prefix, sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS, health, log };
    const tableDeps = { ...kafkaDeps, group: `${prefix}qcc.${SERVICE}.${account}`, wants: isAlertStateOf(account) };

    const portfolios = createPortfolios();
    if (rules.some(({ portfolio }) => portfolio !== undefined)) {
      health.set('start', 'starting: reads the portfolios');
      resources.use(
        await followTopic({
          ...tableDeps,
          topic: TOPICS.portfolio,
          decode: (bytes) => codec.decode('portfolio', bytes),
          onValue: portfolios.apply,
          onTombstone: (key) => portfolios.forget(customerOfKey(key)),
        }),
      );
    }

    let deliveries: Deliveries | undefined;
    const erasures = createErasures();
    health.set('start', 'starting: reads what was erased');
    resources.use(
      await followTopic({
        ...tableDeps,
        topic: TOPICS.erasedRecords,
        decode: (bytes) => codec.decode('erased-records', bytes),
        onValue(entry) {
          erasures.apply(entry);
          deliveries?.noteErasure();
        },
      }),
    );
    health.set('start', 'starting');

    const table = resources.use(
      await openTable<AlertState>({
        ...tableDeps,
        topic: TOPICS.alertState,
        decode: (bytes) => codec.decode('alert-state', bytes),
        onValue: (key, entry) => deliveries?.take(key, entry),
      }),
    );

    const deliveryDeps = {
      account,
      prefix,
      codec,
      targets,
      send: (target: string, message: Parameters<typeof sendMessage>[1]) =>
        sendMessage({ target: targets[target]!, secret: secrets.get(target)!, now }, message),
      erasures,
      giveUpMs: settings.ALERT_GIVE_UP_MS,
      now,
      monotonicNow: () => performance.now(),
      sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
      random: Math.random,
      log,
      metrics,
    };
    const catchUp = (lane: Pick<Lane, 'transact'> & Partial<Pick<Lane, 'signal'>>) =>
      table.catchUp(0, (marker) => lane.transact(({ send }) => send([marker])), lane.signal);

    const openState = async (lane: Lane): Promise<LaneState> => {
      await catchUp(lane);
      const key = alertStateKey.start(account, lane.partition);
      const startedAt = table.get(key)?.at ?? now();
      if (!table.get(key)) {
        const entry = { account, kind: 'START', at: startedAt, partition: lane.partition } as const;
        await lane.transact(({ send }) => send([alertStateMessage(codec, key, entry)]));
      }
      if (lane.partition === SENDING_PARTITION) {
        await forgetOldEvents(lane, table.entries(0), now() - REMEMBERED_MS);
        deliveries = openDeliveries(deliveryDeps, lane, () => table.entries(0));
      }
      return { startedAt, committed: new Map() };
    };

    const input = serviceInput(SERVICE, { account, prefix });
    resources.use(watchLag({ kafka, prefix, group: input.group, topics: [input.from], lag: metrics.consumerLag }));
    resources.use(
      await runWorker({
        ...kafkaDeps,
        ...input,
        codec,
        async hasPublished(lane) {
          await catchUp(lane);
          return table.get(alertStateKey.start(account, lane.partition)) !== undefined;
        },
        healthPart: 'enriched-records',
        openState,
        process: createDecideBatch({
          account,
          prefix,
          codec,
          rules,
          portfolios,
          erasures,
          entryOf: table.get,
          runs: createDeadLetterRuns({ limit: settings.DEAD_LETTER_RUN_LIMIT }),
          now,
          log,
          metrics,
        }),
      }),
    );
  },
});

async function forgetOldEvents(lane: Lane, entries: Iterable<[string, AlertState]>, before: number): Promise<void> {
  const old = [...entries].flatMap(([key, { kind, at }]) => (kind === 'EVENT' && at < before ? [key] : []));
  for (let at = 0; at < old.length; at += MOST_TOMBSTONES) {
    const tombstones = old.slice(at, at + MOST_TOMBSTONES).map(noAlertStateMessage);
    await lane.transact(({ send }) => send(tombstones));
  }
}
