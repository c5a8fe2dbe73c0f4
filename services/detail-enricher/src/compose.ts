/** The enricher, composed: changes on `records` become changes with their details on `enriched-records`. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { KafkaMessage } from 'kafkajs';
import pRetry from 'p-retry';
import { readCarrier } from 'qcc-core/avro/pass-through-record';
import { DEFAULT_DAILY_BUDGET, EVIDENCE_SETTINGS, QCC_SETTINGS } from 'qcc-core/base/settings';
import { serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { hasMessage, openPageReader } from 'qcc-core/kafka/client/read-topic';
import { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import { watchLag } from 'qcc-core/kafka/client/watch-lag';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { openTable } from 'qcc-core/kafka/exactly-once/table';
import { runWorker } from 'qcc-core/kafka/exactly-once/worker';
import { breakerMessage } from 'qcc-core/kafka/messages/detail-gate';
import { connectClient } from 'qcc-core/qcc/connect-client';
import { defineService } from 'qcc-core/service/definition';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { keepPatiently } from 'qcc-evidence/keep-patiently';
import { openEvidenceStore } from 'qcc-evidence/open-store';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import { createEnrichRecords } from './enrich/enrich-records.ts';
import { createCallAdmission } from './quota/admit-call.ts';
import { createCircuitBreaker } from './quota/circuit-breaker.ts';
import { createInstanceQuota } from './quota/instance-quota.ts';
import { openQuotaCounter } from './quota/quota-counter.ts';
import type { DetailResolverDeps } from './resolve/detail-resolver.ts';
import { createDetailSource } from './resolve/detail-source.ts';
import { createEntryCache } from './resolve/entry-pages.ts';
import { createKeptResponse } from './resolve/kept-response.ts';
import { createLookupQueue } from './resolve/lookup-queue.ts';
import { createOddResponses } from './resolve/odd-responses.ts';
import { openDetailResolver } from './resolve/open-detail-resolver.ts';
import { createRefusalProgress } from './resolve/refusal-progress.ts';

const SERVICE = 'detail-enricher';
/** Each partition's share stays in memory until its transaction is committed. */
const FETCH_MAX_BYTES = { partition: 1.5 * 1_048_576, all: 3 * 1_048_576 } as const;
/** Of changes that wait for details. Those beyond it are read from `pending-details` when they are due. */
const WAITING_MAX_BYTES = 24 * 1_048_576;
/** Retries as long as the service runs, because the other instances must not need a call to find out what QCC told this one. */
const PUBLISH_RETRIES = { retries: Number.POSITIVE_INFINITY, minTimeout: 100, maxTimeout: 5_000 };

export const detailEnricher = defineService({
  name: SERVICE,
  defaultAdminPort: 9103,
  settings: [
    ...QCC_SETTINGS,
    ...EVIDENCE_SETTINGS,
    'DETAIL_WAIT_MS',
    'DETAIL_CONCURRENCY',
    'DETAIL_RATE_PER_SECOND',
    'DETAIL_CACHE_ENTRIES',
    'DETAIL_RETRY_MAX_MS',
    'DEAD_LETTER_RUN_LIMIT',
    'DETAIL_DAILY_BUDGET',
    'QUOTA_OPENS_AT',
  ],
  async start({ settings, log, metrics, health, kafka, connect, signal, resources }) {
    const codec = await connect();
    const now = Date.now;
    const uptime = () => performance.now();
    const account = settings.ACCOUNT;
    const prefix = settings.TOPIC_PREFIX;
    const ratePerSecond = settings.DETAIL_RATE_PER_SECOND;
    const kafkaDeps = { kafka, prefix, sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS, health, log };
    // A copy of each value, as the buffer read is a part of a whole fetch and would keep it in memory.
    const tableDeps = {
      ...kafkaDeps,
      group: `${prefix}qcc.${SERVICE}`,
      decode: async (bytes: Buffer) => Buffer.from(bytes),
    };

    metrics.pendingDetails.set(0);
    const repository = createResponseRepository(resources.use(await openEvidenceStore(settings)));
    const publisher = resources.use(await openPublisher({ kafka, prefix }));
    const quota = resources.use(createInstanceQuota({ now, uptime, log, metrics }));
    const breaker = resources.use(
      createCircuitBreaker({
        account,
        instance: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
        readOnly: settings.QCC_READ_ONLY,
        needsConsent: settings.DETAIL_DAILY_BUDGET === undefined,
        quotaOpensAt: settings.QUOTA_OPENS_AT,
        probeTurn: quota.lowestPartition,
        publish: (entry) =>
          pRetry(() => publisher.publish([breakerMessage(codec, entry)]), { ...PUBLISH_RETRIES, signal }),
        now,
        health,
        log,
      }),
    );
    const { partitions } = TOPICS.records;
    const calls = createCallAdmission({ breaker, quota, ratePerSecond, partitions, uptime, metrics });
    const client = resources.use(
      connectClient({
        settings,
        metrics,
        log,
        now,
        beforeCall: calls.admit,
        onCall(call) {
          breaker.note(call.outcome);
          calls.note(call);
        },
        async onResponse(response) {
          const observe = metrics.evidenceSeconds.startTimer({ kind: 'answer' });
          const what = `a response of ${response.endpoint}`;
          await keepPatiently({ health, log }, { what, signal }, () => repository.keep(settings.ACCOUNT, response));
          observe();
        },
      }),
    );
    const keptResponse = createKeptResponse({ account, repository, log });
    const source = createDetailSource({
      client,
      keptResponse,
      cacheEntries: settings.DETAIL_CACHE_ENTRIES,
      now,
      signal,
      log,
      metrics,
    });

    const [breakerTable, quotaTable] = await Promise.all([
      openTable({
        ...tableDeps,
        topic: TOPICS.detailGate,
        decode: (bytes) => codec.decode('detail-gate', bytes),
        onValue: (_, entry) => breaker.read(entry),
      }),
      openTable({ ...tableDeps, topic: TOPICS.detailSpend }),
    ]);
    for (const table of [breakerTable, quotaTable]) resources.use(table);
    // Before the first call: the findings of other instances, and of this one before it ended.
    await breakerTable.catchUp(0, (marker) => publisher.publish([marker]), signal);

    const pages = resources.use(openPageReader(kafka));
    const pendingDetails = topicName(prefix, TOPICS.pendingDetails);
    const input = serviceInput(SERVICE, { account, prefix });
    const deps = {
      account,
      prefix,
      group: input.group,
      endpoints: DETAIL_ENDPOINTS,
      source,
      keptResponse,
      queue: createLookupQueue({ calls, concurrency: settings.DETAIL_CONCURRENCY, signal }),
      calls,
      codec,
      searches: new RefusalSearches<KafkaMessage>(({ offset }) => offset),
      refusalProgress: createRefusalProgress(),
      cache: createEntryCache(WAITING_MAX_BYTES),
      readPage: (place: Parameters<DetailResolverDeps['readPage']>[0]) =>
        pages.read({ topic: pendingDetails, ...place }),
      runs: createDeadLetterRuns({ limit: settings.DEAD_LETTER_RUN_LIMIT }),
      oddResponses: createOddResponses({ limit: settings.DEAD_LETTER_RUN_LIMIT, health }),
      waitMs: settings.DETAIL_WAIT_MS,
      longestPauseMs: settings.DETAIL_RETRY_MAX_MS,
      now,
      random: Math.random,
      log,
      metrics,
    };
    const dailyBudget = settings.DETAIL_DAILY_BUDGET ?? DEFAULT_DAILY_BUDGET;
    const openState = async (lane: Lane, onProgress: () => void) => {
      quota.add(await openQuotaCounter({ ...deps, table: quotaTable, dailyBudget, ratePerSecond }, lane));
      return await openDetailResolver({ ...deps, kafka }, lane, onProgress);
    };
    const accountOf = async (value: Buffer): Promise<string> =>
      readCarrier('enriched-records', await codec.body('enriched-records', value)).record.account;
    resources.use(watchLag({ kafka, prefix, group: input.group, topics: [input.from], lag: metrics.consumerLag }));
    resources.use(
      await runWorker({
        ...kafkaDeps,
        ...input,
        codec,
        // Both topics have the same key and number of partitions, so a record and its versions are in partitions of the same number.
        hasPublished: ({ partition }) =>
          hasMessage({
            kafka,
            topic: topicName(prefix, TOPICS.enrichedRecords),
            prefix,
            partition,
            matches: async ({ value }) => value !== null && (await accountOf(value)) === account,
          }),
        healthPart: 'records',
        config: { maxBytesPerPartition: FETCH_MAX_BYTES.partition, maxBytes: FETCH_MAX_BYTES.all },
        openState,
        process: createEnrichRecords(deps),
      }),
    );
  },
});
