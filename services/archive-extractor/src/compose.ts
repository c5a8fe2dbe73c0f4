/** The extractor, composed: orders become records, each archive authenticated as a whole before its first part. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createAskLink } from 'qcc-archive/obtain/ask-link';
import { createDownloadArchive } from 'qcc-archive/obtain/download-archive';
import { createInspectDelivered } from 'qcc-archive/obtain/inspect-delivered';
import { createPatience } from 'qcc-archive/obtain/obtain-archive';
import { createAskListing } from 'qcc-archive/obtain/order-listing';
import { createSpoolKept } from 'qcc-archive/obtain/spool-kept';
import { spoolChanges } from 'qcc-archive/spool-changes';
import { createSealer } from 'qcc-core/base/sealing';
import { EVIDENCE_SETTINGS, QCC_SETTINGS } from 'qcc-core/base/settings';
import { inSpan } from 'qcc-core/base/tracing/spans';
import { serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import { watchLag } from 'qcc-core/kafka/client/watch-lag';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { runWorker } from 'qcc-core/kafka/exactly-once/worker';
import {
  createOrderStateStore,
  isStateOf,
  type OrderProgress,
  type OrderStateStore,
} from 'qcc-core/kafka/messages/order-state';
import { messagingSpan, traceOf } from 'qcc-core/kafka/messages/traced-messages';
import { connectClient } from 'qcc-core/qcc/connect-client';
import type { downloadArchive } from 'qcc-core/qcc/download';
import { downloadBy } from 'qcc-core/qcc/download-by';
import { createReportUnknownFields } from 'qcc-core/qcc/report-unknown-fields';
import { defineService } from 'qcc-core/service/definition';
import { createArchiveRepository } from 'qcc-evidence/archive-repository';
import { keepPatiently } from 'qcc-evidence/keep-patiently';
import { openEvidenceStore } from 'qcc-evidence/open-store';
import { createAdmitOrder, createRecentFailures } from './admit-order.ts';
import { type ExtractDeps, extractOrder } from './extract-order.ts';
import { createReportFetching } from './fetching-facts.ts';
import { gatherMessages } from './gathered-messages.ts';
import { createHeldArchives } from './held-archives.ts';
import { createConfirmOriginals, createKeepOriginal, createKeepRefused } from './keep-original.ts';
import { type OrderStates, openStates } from './order-states.ts';
import { pruneDaily } from './prune-daily.ts';
import { createQccBreakers } from './qcc-breakers.ts';

const SERVICE = 'archive-extractor';
const PART = { maxRecords: 20_000, maxMs: 10_000 };
/** Far below the half hour that a link lives: the orders behind wait as long. */
const ORDER_PATIENCE_MS = 120_000;
/** The shortest pause after which the gateway publishes a failed order again (its `ATTEMPT_TTL_MS`). */
const CALLBACK_PAUSE_MS = 600_000;
/** Longer than a lane needs to open again after a refusal. */
const HOLD_MS = 120_000;

/** What a test's composition root may put in the place of the real thing. */
export type ExtractorSeams = Pick<ExtractDeps, 'part'> & {
  download: typeof downloadArchive;
  spoolChanges: typeof spoolChanges;
};

export const archiveExtractor = ({ part = PART, ...seams }: Partial<ExtractorSeams> = {}) =>
  defineService({
    name: SERVICE,
    defaultAdminPort: 9102,
    settings: [
      ...QCC_SETTINGS,
      ...EVIDENCE_SETTINGS,
      'EVIDENCE_RETENTION_DAYS',
      'QCC_DOWNLOAD_HOSTS',
      'QCC_ALLOW_PRIVATE_HOSTS',
      'SEALING_KEY',
      'ARCHIVE_MAX_BYTES',
      'ENTRY_MAX_BYTES',
      'SPOOL_DIR',
      'QUOTA_OPENS_AT',
      'UNCHECKED_ORDERS_PER_HOUR',
      'DEAD_LETTER_RUN_LIMIT',
    ],
    async open({ settings }) {
      // A killed process may have left files. Each instance has its own folder.
      const spool = join(settings.SPOOL_DIR, String(settings.ADMIN_PORT ?? 'default'));
      await rm(spool, { recursive: true, force: true });
      return { spool };
    },
    async start({ settings, log, metrics, health, kafka, connect, resources }, { spool }) {
      const codec = await connect();
      const now = Date.now;
      const prefix = settings.TOPIC_PREFIX;
      const spoolDir = join(spool, `account-${encodeURIComponent(settings.ACCOUNT)}`);
      // An earlier attempt to start may have left files.
      await rm(spoolDir, { recursive: true, force: true });
      await mkdir(spoolDir, { recursive: true });

      const client = resources.use(connectClient({ settings, metrics, log, now }));
      const sealer = createSealer(settings.SEALING_KEY);
      const breakers = createQccBreakers({ quotaOpensAt: settings.QUOTA_OPENS_AT, now });
      const askListing = createAskListing({ client, breaker: breakers.list, now, log });
      const store = resources.use(await openEvidenceStore(settings));
      resources.use(
        pruneDaily({ store, now, log }, { account: settings.ACCOUNT, retentionDays: settings.EVIDENCE_RETENTION_DAYS }),
      );
      const repository = createArchiveRepository(store);
      const keepDeps = {
        repository,
        sealer,
        now,
        async patiently(
          { what, orderNo }: { what: string; orderNo: string },
          signal: AbortSignal,
          action: () => Promise<void>,
        ) {
          const observe = metrics.evidenceSeconds.startTimer({ kind: 'archive' });
          await keepPatiently({ health, log: log.child({ orderNo }) }, { what, signal }, action);
          observe();
        },
      };
      const { publish } = resources.use(await openPublisher({ kafka, prefix }));
      const deps: ExtractDeps = {
        account: settings.ACCOUNT,
        prefix,
        codec,
        runs: createDeadLetterRuns({ limit: settings.DEAD_LETTER_RUN_LIMIT }),
        refusedRuns: createDeadLetterRuns({ limit: settings.DEAD_LETTER_RUN_LIMIT }),
        searches: new RefusalSearches<number>(String),
        held: resources.use(createHeldArchives({ ms: HOLD_MS })),
        admitOrder: createAdmitOrder({ uncheckedPerHour: settings.UNCHECKED_ORDERS_PER_HOUR, askListing }),
        recentFailures: createRecentFailures({ ms: CALLBACK_PAUSE_MS, now }),
        reportUnknownFields: createReportUnknownFields({ metrics, log }),
        reportFetching: createReportFetching({ codec, publish, log, now }),
        spool: { path: spoolDir, files: new Set() },
        patience: createPatience({ ms: ORDER_PATIENCE_MS, now }),
        askLink: createAskLink({ client, sealer, breaker: breakers.link, askListing }),
        download: createDownloadArchive({ download: downloadBy(settings, seams.download) }),
        inspect: createInspectDelivered({
          limits: { entryMaxBytes: settings.ENTRY_MAX_BYTES },
          spoolChanges: seams.spoolChanges ?? spoolChanges,
        }),
        spoolKept: createSpoolKept({ repository, sealer }),
        keepRefused: createKeepRefused(keepDeps),
        keepOriginal: createKeepOriginal(keepDeps),
        confirmOriginals: createConfirmOriginals(keepDeps),
        part,
        metrics,
        log,
        now,
      };

      const shared = { kafka, prefix, sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS, health, log };
      const table = resources.use(
        await openTable<OrderProgress, OrderProgress, OrderStateStore>({
          ...shared,
          topic: TOPICS.orderState,
          group: `${prefix}qcc.${SERVICE}`,
          decode: (bytes) => codec.decode('order-state', bytes),
          newStore: createOrderStateStore,
          wants: isStateOf(settings.ACCOUNT),
        }),
      );
      resources.use(
        await openTable({
          ...shared,
          topic: TOPICS.detailGate,
          group: `${prefix}qcc.${SERVICE}`,
          decode: (bytes) => codec.decode('detail-gate', bytes),
          // `npx qcc details open`: the quota is raised, or the account in order.
          onValue(_, entry) {
            if (entry.account === settings.ACCOUNT && entry.state === 'PROBE') breakers.reset();
          },
        }),
      );
      const input = serviceInput(SERVICE, { account: settings.ACCOUNT, prefix });
      resources.use(watchLag({ kafka, prefix, group: input.group, topics: [input.from], lag: metrics.consumerLag }));
      resources.use(
        await runWorker<OrderStates>({
          ...shared,
          ...input,
          codec,
          healthPart: 'orders',
          async hasPublished(lane) {
            await table.catchUp(lane.partition, (marker) => lane.transact((transaction) => transaction.send([marker])));
            return table.entries(lane.partition).size > 0;
          },
          async openState(lane) {
            await table.catchUp(
              lane.partition,
              (marker) => lane.transact((transaction) => transaction.send([marker])),
              lane.signal,
            );
            return openStates(lane, table.entries(lane.partition));
          },
          async process({ lane, state, messages, nextOffset, signal }) {
            const gathered = gatherMessages(lane);
            for (const [index, message] of messages.entries()) {
              const isLastOfBatch = index === messages.length - 1;
              const place = {
                topic: topicName(prefix, TOPICS.orders),
                partition: lane.partition,
                offset: message.offset,
                nextOffset: isLastOfBatch ? nextOffset : BigInt(message.offset) + 1n,
              };
              const span = messagingSpan(
                { operation: 'process', topic: TOPICS.orders, prefix, partition: lane.partition, group: input.group },
                { offset: Number(message.offset) },
              );
              // An order that came without a trace, such as a replay, begins one here.
              await inSpan({ ...span, parent: traceOf(message) ?? null }, () =>
                extractOrder(deps, { lane, states: state, message, signal, gathered, place }),
              );
            }
            await gathered.flush();
          },
        }),
      );
    },
  });
