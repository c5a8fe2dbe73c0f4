/** The alerter, composed: changes on `enriched-records` become messages to the teams that act on them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createPortfolios } from 'qcc-alerts/decide/portfolios';
import type { AlertState } from 'qcc-core/contract/domain';
import { serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { watchLag } from 'qcc-core/kafka/client/watch-lag';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
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
import { createDecideBatch, type LaneState } from './decide/decide-batch.ts';
import { openDeliveries, type TakeEntry } from './deliver/open-deliveries.ts';
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
    const isOwn = isAlertStateOf(account);

    const portfolios = createPortfolios();
    if (rules.some(({ portfolio }) => portfolio !== undefined)) {
      health.set('start', 'starting: reads the portfolios');
      // All of it before the first change, and what is loaded later as it comes.
      await readTopic({
        kafka,
        prefix,
        topic: topicName(prefix, TOPICS.portfolio),
        async onMessage({ key, value }) {
          if (value && key && isOwn(key.toString())) portfolios.apply(await codec.decode('portfolio', value));
        },
      });
      resources.use(
        await openTable({
          ...kafkaDeps,
          owner: `${SERVICE}.${account}`,
          topic: TOPICS.portfolio,
          wants: isOwn,
          decode: async (bytes) => {
            portfolios.apply(await codec.decode('portfolio', bytes));
            return true;
          },
        }),
      );
      health.set('start', 'starting');
    }

    let takeEntry: TakeEntry | undefined;
    const table = resources.use(
      await openTable<AlertState>({
        ...kafkaDeps,
        owner: `${SERVICE}.${account}`,
        topic: TOPICS.alertState,
        wants: isOwn,
        decode: (bytes) => codec.decode('alert-state', bytes),
        onValue: (key, entry) => takeEntry?.(key, entry),
      }),
    );

    const deliveryDeps = {
      account,
      prefix,
      codec,
      targets,
      send: (target: string, message: Parameters<typeof sendMessage>[1]) =>
        sendMessage({ target: targets[target]!, secret: secrets.get(target)!, now }, message),
      giveUpMs: settings.ALERT_GIVE_UP_MS,
      now,
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
        takeEntry = openDeliveries(deliveryDeps, lane, table.entries(0));
      }
      return { startedAt, committed: new Map() };
    };

    const input = serviceInput(SERVICE, { account, prefix });
    resources.use(watchLag({ kafka, prefix, group: input.group, topics: [input.from], metrics }));
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
