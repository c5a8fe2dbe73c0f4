/** The sink, composed: enriched records, facts and dead letters become rows in ClickHouse. */

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { clickHouseUrls, createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { describeOtherKeys, readStatedKeys, type SharedKey, stateKeyIds } from 'qcc-clickhouse/key-ids';
import { STALLED_AFTER_MS } from 'qcc-clickhouse/ledger/stall-watch';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { describeUnfinished } from 'qcc-clickhouse/migrate/run-on-cluster';
import { createClickHouseProbe, requireClickHouse } from 'qcc-clickhouse/require-clickhouse';
import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { describeError } from 'qcc-core/base/errors';
import { CLICKHOUSE_SETTINGS, EVIDENCE_SETTINGS } from 'qcc-core/base/settings';
import { watchHealth } from 'qcc-core/base/watch-probe';
import { sinkGroup } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { consume } from 'qcc-core/kafka/client/consume';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { watchLag } from 'qcc-core/kafka/client/watch-lag';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import { defineService } from 'qcc-core/service/definition';
import { openErasureList } from 'qcc-evidence/erasure/erasure-list';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { openEvidenceStore } from 'qcc-evidence/open-store';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import { deriveRecords } from './derive-records.ts';
import { createDerivationStream } from './record-streams.ts';
import { joinCalls } from './store/join-calls.ts';
import { createNoteRestored, createRestoreDetails } from './store/restore-details.ts';
import { createBatchWriter } from './store/store-batch.ts';
import { createStoreLoad } from './store/store-load.ts';
import { createStreams } from './streams.ts';
import { watchLedger, writeServiceSettings } from './watch/watch-ledger.ts';

const SERVICE = 'sink';
/**
 * The most bytes of enriched records that are fetched and inserted at once. ClickHouse works best with few large inserts, and while it is
 * unavailable each partition keeps its share in memory. All shares together fit into one fetch, so no partition waits until others have
 * reached their ends. The exception is a message that is larger than a share, because a fetch returns only one of those.
 */
const MOST_BYTES_AT_ONCE = 16 * 1_048_576;
const SHARE_BYTES = Math.floor(MOST_BYTES_AT_ONCE / TOPICS.enrichedRecords.partitions);
/**
 * The derive group waits until no records were stored for `quietMs`, and at most `mostMs`. Analysts see records that much later.
 */
const DERIVE_TIMES = { quietMs: 500, mostMs: 5_000 };
const END_LIMIT_MS = 6_000;
const LEDGER_TIMES = { intervalMs: 30_000, stalledAfterMs: STALLED_AFTER_MS };

export const sink = defineService({
  name: SERVICE,
  defaultAdminPort: 9104,
  settings: [
    ...CLICKHOUSE_SETTINGS,
    ...EVIDENCE_SETTINGS,
    'ORDER_DEADLINE_MS',
    'DEAD_LETTER_RUN_LIMIT',
    'ERASURE_KEY',
    'PSEUDONYM_KEY',
  ],
  async open({ settings, log, metrics, health, kafka, connect, accounts, resources }) {
    const codec = await connect();
    const prefix = settings.TOPIC_PREFIX;
    const database = settings.CLICKHOUSE_DATABASE;
    const urls = clickHouseUrls(settings);
    const tellServer = (url: string) => health.note('ClickHouse', urls.length > 1 ? `requests go to ${url}` : null);
    tellServer(urls[0]!);
    const client = createClickHouse(settings, {
      onSwitch({ from, to, error }) {
        tellServer(to);
        log.warn(`ClickHouse at ${from} is not available (${describeError(error)}), requests go to ${to}`);
      },
    });
    resources.defer(() => client.close());
    health.set('start', 'starting: checks and migrates ClickHouse');
    await requireClickHouse(client, settings);
    resources.use(watchHealth(createClickHouseProbe(settings), { health, healthPart: 'ClickHouse' }));
    const applied = await migrate(client, {
      database,
      mode: settings.MIGRATIONS,
      ...(settings.CLICKHOUSE_CLUSTER !== undefined && { cluster: settings.CLICKHOUSE_CLUSTER }),
      onUnfinished: (hosts) => log.warn({ hosts }, describeUnfinished(hosts)),
    });
    if (applied.length > 0) log.info({ applied }, 'migrations applied');

    await writeServiceSettings({ client, database }, settings);
    const readErasures = openErasureList({ kafka, prefix, codec, key: settings.ERASURE_KEY });
    health.set('start', 'starting: reads the erasures');
    // With another key than erasures were made with the sink ends here, and not at the next message.
    await readErasures();
    const key = settings.ERASURE_KEY === undefined ? null : createErasureKey(settings.ERASURE_KEY);
    const pseudonyms = createPseudonyms(settings.PSEUDONYM_KEY);
    const keyIds = { ERASURE_KEY: key?.keyId ?? null, PSEUDONYM_KEY: pseudonyms.keyId };
    resources.use(
      await stateKeyIds(
        { client, database },
        {
          keyIds,
          host: hostname(),
          onError: (error) => log.warn(`the keys could not be stated, it is tried again: ${describeError(error)}`),
        },
      ),
    );
    for (const name of Object.keys(keyIds) as SharedKey[]) {
      const problem = describeOtherKeys(name, keyIds[name], await readStatedKeys({ client, database }, name));
      if (problem !== null) log.warn(problem);
    }

    const publisher = resources.use(await openPublisher({ kafka, prefix }));
    const group = sinkGroup(prefix);
    const runLimit = { limit: settings.DEAD_LETTER_RUN_LIMIT };
    const deps = {
      client,
      database,
      // With several accounts, the account of a message that cannot be decoded is unknown.
      ...(accounts.length === 1 && { account: accounts[0]! }),
      prefix,
      codec,
      runs: createDeadLetterRuns(runLimit),
      readErasures,
      metrics,
      now: Date.now,
      send: publisher.publish,
    };
    const evidence = resources.use(await openEvidenceStore(settings));
    const repository = createResponseRepository(evidence);
    const noteRestored = createNoteRestored({ place: evidence.place, log, metrics });
    const streamDeps = { codec, pseudonyms, restoreDetails: createRestoreDetails({ repository, note: noteRestored }) };
    const streams = createStreams(streamDeps);
    const writers = new Map(
      streams.map((stream) => [
        topicName(prefix, stream.topic),
        { stream, write: joinCalls(createBatchWriter({ ...deps, group }, stream)) },
      ]),
    );
    const storeLoad = createStoreLoad(DERIVE_TIMES);
    const derivation = deriveRecords({
      kafka,
      storeLoad,
      stream: createDerivationStream({
        ...streamDeps,
        // The history stream already counts and logs missing details.
        restoreDetails: createRestoreDetails({ repository, note: () => {} }),
        log,
      }),
      deps: { ...deps, runs: createDeadLetterRuns(runLimit) },
    });
    const topics = streams.map(({ topic }) => topic);
    resources.use(watchLag({ kafka, prefix, group, topics, lag: metrics.consumerLag }));
    resources.use(
      watchLag({
        kafka,
        prefix,
        group: derivation.group,
        topics: [TOPICS.enrichedRecords],
        lag: metrics.derivedLag,
      }),
    );
    const consumerSettings = {
      kafka,
      sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
      // Rows that are inserted again replace themselves.
      whenTruncated: 'readAgain' as const,
      health,
      log,
    };
    const history = await consume({
      ...consumerSettings,
      group,
      topics: [...writers.keys()],
      config: { maxBytesPerPartition: SHARE_BYTES, maxBytes: MOST_BYTES_AT_ONCE },
      concurrency: streams.reduce((sum, { topic }) => sum + topic.partitions, 0),
      healthPart: 'topics',
      async onBatch({ topic, partition, messages, commit }) {
        const writer = writers.get(topic);
        if (!writer) throw new Error(`no table takes the topic ${topic}`);
        const observe = metrics.batchSeconds.startTimer({ topic: writer.stream.topic.name });
        using _ = writer.stream.topic === TOPICS.enrichedRecords ? storeLoad.begin() : undefined;
        await writer.write({ topic, partition, messages });
        await commit();
        observe();
      },
    });
    // Not awaited: while it cannot join its group, the history is stored all the same, and /readyz says so.
    const deriving = consume({ ...consumerSettings, ...derivation });
    resources.use(endTogether(history, deriving));
    return { client, database };
  },
  async start({ settings, metrics, health, log, resources }, { client, database }) {
    const account = settings.ACCOUNT;
    resources.use(watchLedger({ client, database, account, metrics, health, log, now: Date.now }, LEDGER_TIMES));
  },
});

/** Ends both at the same time, because the service has only seconds to stop. One that does not start ends with the process. */
const endTogether = (history: AsyncDisposable, deriving: Promise<AsyncDisposable>): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    const derivingEnds = deriving.then((consumer) => consumer[Symbol.asyncDispose]());
    await Promise.all([
      history[Symbol.asyncDispose](),
      Promise.race([derivingEnds, sleep(END_LIMIT_MS, undefined, { ref: false })]),
    ]);
  },
});
