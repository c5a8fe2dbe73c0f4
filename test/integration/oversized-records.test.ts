import { createHash } from 'node:crypto';
import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { ChangeRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { expect, inject, test, vi } from 'vitest';
import { openFleet } from '../harness/instances.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed } from '../harness/pipeline.ts';
import { readAvro } from '../harness/read-avro.ts';
import { readTopic } from '../harness/read-topic.ts';
import { setMaxMessageBytes } from '../harness/set-max-message-bytes.ts';
import { produce } from './topic-reader.ts';

type Element = Partial<Record<keyof ChangeRecord, string>>;

const element = (id: string, more: Element = {}): Element => ({ id, corpKeyNo: `corp-${id}`, type: '1', ...more });
const archiveOf = (elements: readonly Element[]): Buffer => {
  const document = { pushDate: '2021-03-16 18:52:26', totalSize: elements.length, result: elements };
  return buildZip([{ name: 'corp.json', content: JSON.stringify(document) }]);
};

/** The extractor in a separate process, for the orders of a QCC whose archives are given. */
async function startExtractor(archives: ReadonlyMap<string, Buffer>, recordsMaxBytes?: number) {
  await using opened = new AsyncDisposableStack();
  const downloads: string[] = [];
  const qcc = opened.use(
    await startLoopbackServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://qcc');
      if (pathname.endsWith('/getDownloadUrl')) {
        const orderNo = searchParams.get('orderNo');
        const downloadUrl = `http://${request.headers.host}/files/${orderNo}?Expires=4102444800&Signature=x`;
        const result = { orderNo, downloadUrl, downloadUrlExpiredTime: '2099-12-31 23:59:59', unzipPassword: PASSWORD };
        response.end(JSON.stringify({ status: '200', msg: '成功', result }));
      } else {
        const orderNo = pathname.slice('/files/'.length);
        downloads.push(orderNo);
        response.end(archives.get(orderNo));
      }
    }),
  );
  const env = { QCC_BASE_URL: qcc.url, QCC_DOWNLOAD_HOSTS: `127.0.0.1:${qcc.port}` };
  const bed = opened.use(await openTestBed({ stack: inject('stack'), env }));
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  if (recordsMaxBytes !== undefined) await setMaxMessageBytes(kafka, `${bed.prefix}records`, recordsMaxBytes);
  const codec = await connectCodec(settings);
  const fleet = opened.use(openFleet(bed));
  const extractor = await fleet.start('archive-extractor');
  await extractor.ready();
  const kept = opened.move();
  return {
    bed,
    kafka,
    extractor,
    downloads,
    /** All on one partition, in their order. */
    send: (orderNos: Iterable<string>) =>
      produce(
        kafka,
        bed.prefix,
        Array.from(orderNos, (orderNo) => ({
          topic: TOPICS.orders,
          key: orderNo,
          partition: 0,
          value: codec.encode('orders', orderWithoutLink({ account: bed.account, orderNo, source: 'reconcile' })),
        })),
      ),
    async extracted(): Promise<string[]> {
      const events = await readAvro<{ orderNo: string; stage: string }>(bed, 'order-events');
      return events.filter(({ stage }) => stage === 'EXTRACTED').map(({ orderNo }) => orderNo);
    },
    async ids(): Promise<string[]> {
      return (await readAvro<ChangeRecord>(bed, 'records')).map(({ id }) => id).sort();
    },
    async deadLetters() {
      const deadLetters = await readTopic(bed.env.KAFKA_BROKERS!, `${bed.prefix}dead-letters`);
      return deadLetters.map(({ headers, value }) => ({
        reason: String(headers?.['qcc.dlq.reason']),
        orderNo: String(headers?.['qcc.dlq.orderNo']),
        position: Number(headers?.['qcc.dlq.position']),
        isDigest: headers?.['qcc.dlq.digest'] !== undefined,
        archiveSha256: String(headers?.['qcc.dlq.archiveSha256']),
        bytes: value?.length ?? 0,
      }));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test.concurrent('records whose key would fill a batch become dead letters, and the order behind theirs is extracted', async () => {
  const corpKeyNo = '企'.repeat(89_000);
  const archives = new Map([
    ['order-1', archiveOf([element('a', { corpKeyNo }), element('b', { corpKeyNo })])],
    ['order-2', archiveOf([element('c')])],
  ]);
  await using running = await startExtractor(archives);
  await running.send(archives.keys());
  await vi.waitFor(async () => expect(await running.extracted()).toEqual(['order-1', 'order-2']), PATIENCE);
  expect(await running.ids()).toEqual(['c']);
  expect(await running.deadLetters()).toMatchObject(
    [0, 1].map((position) => ({ reason: 'RECORD_FIELD_INVALID', orderNo: 'order-1', position })),
  );
  expect(await running.extractor.problems()).toBe('');
});

test.concurrent('a record that the broker refuses becomes a dead letter, those around it are published once, and the archive is downloaded once', async () => {
  const long = element('c', { changeContent: '甲'.repeat(3_000) });
  const archives = new Map([
    ['order-1', archiveOf([element('a'), element('b'), long, element('d'), element('e')])],
    ['order-2', archiveOf([element('f')])],
  ]);
  const sha256Of = (orderNo: string) => createHash('sha256').update(archives.get(orderNo)!).digest('hex');
  await using running = await startExtractor(archives, 4_000);
  await running.send(archives.keys());
  await vi.waitFor(async () => expect(await running.extracted()).toEqual(['order-1', 'order-2']), PATIENCE);
  expect(await running.ids()).toEqual(['a', 'b', 'd', 'e', 'f']);
  expect(await running.deadLetters()).toMatchObject([
    { reason: 'RECORD_TOO_LARGE', orderNo: 'order-1', position: 2, isDigest: true, archiveSha256: sha256Of('order-1') },
  ]);
  expect(running.downloads).toEqual(['order-1', 'order-2']);
  await vi.waitFor(async () => expect(await running.extractor.problems()).toBe(''), PATIENCE);
});
