import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExtractDeps, extractOrder } from 'archive-extractor/extract-order';
import { gatherMessages } from 'archive-extractor/gathered-messages';
import { createHeldArchives } from 'archive-extractor/held-archives';
import avsc from 'avsc';
import type { ReadLimits } from 'qcc-archive/inspect-archive';
import { createDownloadArchive } from 'qcc-archive/obtain/download-archive';
import { createInspectDelivered } from 'qcc-archive/obtain/inspect-delivered';
import { spoolChanges } from 'qcc-archive/spool-changes';
import { bytesOf } from 'qcc-core/avro/composed';
import { type AvroTopic, loadSchema } from 'qcc-core/avro/schemas';
import { createLogger } from 'qcc-core/base/logs';
import { createMetrics } from 'qcc-core/base/metrics';
import type { ChangeRecord, OrderEvent } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Transaction } from 'qcc-core/kafka/exactly-once/lane';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { composed } from 'qcc-core/testing/composed';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';

/** What the extractor said of one order: all of it was to be committed in the same transaction as its offset, or nothing. */
export type Extracted = {
  records: ChangeRecord[];
  deadLetters: { reason: string; position: number | null; value: Buffer | null }[];
  events: OrderEvent[];
  /** What may be a broken download is fetched and read a second time. */
  downloads: number;
};

export type InProcessExtractor = AsyncDisposable & {
  /** The archive itself, or the path of its file. */
  extract(archive: Buffer | string, options?: { password?: string; signal?: AbortSignal }): Promise<Extracted>;
};

const ORDER = orderWithoutLink({ account: 'test', orderNo: 'DDMON2026031609100012345678', source: 'reconcile' });

/**
 * The extractor's steps (`extractOrder` and everything it calls) over a separate spool folder, with a file in the place of the
 * download and a list in the place of Kafka; values are encoded and decoded as Avro.
 */
export async function openInProcessExtractor(input: {
  password: string;
  limits?: ReadLimits;
}): Promise<InProcessExtractor> {
  const folder = await mkdtemp(join(tmpdir(), 'qcc-hostile-'));
  const types = new Map<AvroTopic, avsc.Type>();
  const typeOf = (topic: AvroTopic): avsc.Type => {
    const type = types.get(topic) ?? avsc.Type.forSchema(loadSchema(topic));
    types.set(topic, type);
    return type;
  };
  const metrics = createMetrics({ service: 'archive-extractor', account: ORDER.account });

  return {
    async extract(archive, { password = input.password, signal = new AbortController().signal } = {}) {
      const sent: Outgoing[] = [];
      let downloads = 0;
      const link = { url: 'http://files.test/x.zip', password, unconfirmed: false };
      const deps: ExtractDeps = {
        account: ORDER.account,
        prefix: '',
        codec: {
          encode: (topic, value) => typeOf(topic).toBuffer(value),
          carry: (_topic, record, behind) => composed(record, bytesOf(behind)),
          decode: async (topic, bytes) => typeOf(topic).fromBuffer(bytes),
          body: async (_topic, bytes) => bytes,
          header: () => Buffer.alloc(0),
        },
        runs: createDeadLetterRuns({ limit: 100 }),
        reportUnknownFields() {},
        reportFetching: () => ({ done() {}, [Symbol.dispose]() {} }),
        refusedRuns: createDeadLetterRuns({ limit: 100 }),
        searches: new RefusalSearches<number>(String),
        spool: { path: folder, files: new Set() },
        patience: { isOver: () => true, end() {} },
        askLink: async () => ({ kind: 'link', link }),
        download: createDownloadArchive({
          async download({ toFile }) {
            downloads += 1;
            await (typeof archive === 'string' ? copyFile(archive, toFile) : writeFile(toFile, archive));
            return { kind: 'downloaded', bytes: 0, sha256: '' };
          },
        }),
        inspect: createInspectDelivered({
          limits: input.limits ?? { entryMaxBytes: 17_179_869_184 },
          spoolChanges,
        }),
        spoolKept: async () => null,
        keepRefused: async () => {},
        keepOriginal: async () => {},
        confirmOriginals: async () => {},
        admitOrder: async () => 'listed' as const,
        recentFailures: { note() {}, has: () => false },
        held: createHeldArchives({ ms: 0 }),
        part: { maxRecords: 20_000, maxMs: 10_000 },
        metrics,
        log: createLogger({ service: 'archive-extractor', level: 'silent', secrets: [] }),
        now: Date.now,
      };
      await extractOrder(deps, {
        // A lane is a transactional producer; here every transaction succeeds.
        lane: {
          partition: 0,
          async transact(body: (transaction: Pick<Transaction, 'send'>) => Promise<void>) {
            await body({
              async send(messages) {
                for (const message of messages) sent.push({ ...message, value: bytesOf(message.value) });
                return [];
              },
            });
          },
        } as never,
        states: new Map(),
        message: {
          key: Buffer.from(ORDER.orderNo),
          value: typeOf('orders').toBuffer(ORDER),
          offset: '0',
          timestamp: '0',
          attributes: 0,
          headers: {},
        },
        place: { topic: 'orders', partition: 0, offset: '0', nextOffset: 1n },
        gathered: gatherMessages({ transact: async () => {} }),
        signal,
      });
      const valuesOf = <Value>(topic: AvroTopic): Value[] =>
        sent.filter((message) => message.topic.name === topic).map(({ value }) => typeOf(topic).fromBuffer(value!));
      return {
        downloads,
        records: valuesOf<ChangeRecord>('records'),
        events: valuesOf<OrderEvent>('order-events'),
        deadLetters: sent
          .filter(({ topic }) => topic === TOPICS.deadLetters)
          .map(({ headers, value }) => ({
            reason: String(headers?.['qcc.dlq.reason']),
            position: headers?.['qcc.dlq.position'] === undefined ? null : Number(headers['qcc.dlq.position']),
            value,
          })),
      };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
