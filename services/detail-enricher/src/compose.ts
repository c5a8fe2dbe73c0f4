/** The enricher, composed: changes on `records` become changes with their details on `enriched-records`. */
import { createAnswerShelf } from 'qcc-core/evidence/answer-shelf';
import { keepPatiently } from 'qcc-core/evidence/keep-patiently';
import { openEvidenceStore } from 'qcc-core/evidence/open-store';
import { openTable } from 'qcc-core/kafka/table';
import { TOPICS } from 'qcc-core/kafka/topics';
import { runWorker } from 'qcc-core/kafka/worker';
import { createQccClient } from 'qcc-core/qcc/client';
import { defineService } from 'qcc-core/service';
import { EVIDENCE_SETTINGS, QCC_SETTINGS } from 'qcc-core/settings';
import { createCallAdmission } from './admit-call.ts';
import { createDetailSource } from './detail-source.ts';
import { DETAIL_ENDPOINTS } from './endpoints/all.ts';
import { createEnrichRecords } from './enrich-records.ts';
import { createGate } from './gate.ts';
import { createLookupQueue } from './lookup-queue.ts';
import { openSettler } from './open-settler.ts';

export const detailEnricher = defineService({
  name: 'detail-enricher',
  defaultAdminPort: 9103,
  settings: [
    ...QCC_SETTINGS,
    ...EVIDENCE_SETTINGS,
    'DETAIL_WAIT_MS',
    'DETAIL_CONCURRENCY',
    'DETAIL_RATE_PER_SECOND',
    'DETAIL_CACHE_ENTRIES',
  ],
  healthParts: ['records'],
  async start({ settings, log, metrics, health, kafka, codec, signal, resources }) {
    const now = Date.now;
    const kafkaDeps = {
      kafka,
      prefix: settings.TOPIC_PREFIX,
      sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
      health,
      log,
    };

    const shelf = createAnswerShelf(resources.use(await openEvidenceStore(settings)));
    const gate = resources.use(createGate({ readOnly: settings.QCC_READ_ONLY, now, health, log }));
    const client = resources.use(
      createQccClient({
        baseUrl: settings.QCC_BASE_URL,
        key: settings.QCC_KEY,
        secretKey: settings.QCC_SECRET_KEY,
        timeoutMs: settings.QCC_TIMEOUT_MS,
        proxyUrl: settings.QCC_PROXY_URL,
        now,
        beforeCall: createCallAdmission({ gate, ratePerSecond: settings.DETAIL_RATE_PER_SECOND, now }),
        onCall({ endpoint, reason, durationMs }) {
          metrics.qccCalls.inc({ endpoint, outcome: reason });
          metrics.qccCallSeconds.observe({ endpoint }, durationMs / 1_000);
        },
        async onAnswer(answer) {
          const observe = metrics.evidenceSeconds.startTimer({ kind: 'answer' });
          const what = `an answer of ${answer.endpoint}`;
          await keepPatiently({ health, log }, { what, signal }, () => shelf.keep(settings.ACCOUNT, answer));
          observe();
        },
      }),
    );
    const source = createDetailSource({
      client,
      gate,
      cacheEntries: settings.DETAIL_CACHE_ENTRIES,
      now,
      signal,
      metrics,
    });
    const table = resources.use(
      await openTable({
        ...kafkaDeps,
        topic: TOPICS.pendingDetails,
        owner: 'detail-enricher',
        // A copy, as the buffer read is a part of a whole fetch and would keep it in memory.
        decode: async (bytes) => Buffer.from(bytes),
      }),
    );

    const deps = {
      account: settings.ACCOUNT,
      prefix: settings.TOPIC_PREFIX,
      endpoints: DETAIL_ENDPOINTS,
      source,
      queue: createLookupQueue({ gate, concurrency: settings.DETAIL_CONCURRENCY, signal }),
      gate,
      codec,
      table,
      waitMs: settings.DETAIL_WAIT_MS,
      now,
      random: Math.random,
      log,
      metrics,
    };
    resources.use(
      await runWorker({
        ...kafkaDeps,
        service: 'detail-enricher',
        from: TOPICS.records,
        group: `${settings.TOPIC_PREFIX}qcc.detail-enricher`,
        healthPart: 'records',
        openState: (lane) => openSettler(deps, lane),
        process: createEnrichRecords(deps),
      }),
    );
  },
});
