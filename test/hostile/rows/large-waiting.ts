import { createHash } from 'node:crypto';
import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { type Instance, openFleet } from '../../harness/instances.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { openTestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { produce } from '../../integration/topic-reader.ts';
import { repeatDeflated } from '../inputs/bombs.ts';
import { createTally, type HostileRow } from '../row.ts';

const LARGE = { orderNo: 'DDMON2026031609100010000001', records: 450, shortRecords: 25 };
const SMALL = { orderNo: 'DDMON2026031609100010000002' };
/** Of one record; `records` takes 1 MiB. */
const RECORD_BYTES = 880_000;
/** Of them in hexadecimal, which Deflate only halves: the archive may expand a hundred times. */
const DENSE_BYTES = 44_000;
const MOST_MIB = 350;
const LIMIT_MS = 300_000;

/** All for one company, and so for one partition. Each needs a call. */
function largeArchive(records: number): Buffer {
  const dense = Array.from({ length: DENSE_BYTES / 32 }, (_, at) => createHash('md5').update(`${at}`).digest('hex'));
  const content = dense.join('').padEnd(RECORD_BYTES, 'x');
  const record = `{"id":"1","corpKeyNo":"k","type":"2","category":"3","checkId":"c","changeContent":"${content}"}`;
  const [before, after] = ['{"pushDate":"2021-03-16 18:52:26","result":[', `${record}]}`];
  const filler = `${record},`;
  const bytes = (records - 1) * filler.length;
  return buildZip([
    {
      name: 'corp.json',
      content: '',
      packed: repeatDeflated({ before, filler, bytes, after }),
      declaredBytes: before.length + bytes + after.length,
    },
  ]);
}

const smallArchive = (): Buffer =>
  buildZip([
    {
      name: 'corp.json',
      content: '{"pushDate":"2021-03-16 18:52:26","result":[{"id":"2","corpKeyNo":"k","type":"4","category":"1"}]}',
    },
  ]);

/** QCC, and a file host with an archive for each order; every company has one exception. */
function startQcc(archives: Readonly<Record<string, Buffer>>) {
  return startLoopbackServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname.startsWith('/files/')) {
      response.end(archives[pathname.slice('/files/'.length)]);
    } else if (pathname.endsWith('/getDownloadUrl')) {
      const orderNo = searchParams.get('orderNo');
      const downloadUrl = `http://${request.headers.host}/files/${orderNo}?Expires=4102444800&Signature=x`;
      const result = { orderNo, downloadUrl, downloadUrlExpiredTime: '2099-12-31 23:59:59', unzipPassword: PASSWORD };
      response.end(JSON.stringify({ status: '200', msg: '成功', result }));
    } else {
      response.end(JSON.stringify({ status: '200', resultList: [{ addReason: '通过登记的住所无法联系' }] }));
    }
  });
}

/** Extractor and enricher as processes, on real Kafka. */
export const largeWaiting: HostileRow = {
  name: 'large-waiting',
  title: 'an archive within all limits whose records of 880 kB all wait for details that nobody has agreed to pay for',
  mustHold:
    'the enricher keeps less than 350 MiB, also when it starts again; other orders pass; with consent each record is settled once',
  async run({ stack, short, say }) {
    await using opened = new AsyncDisposableStack();
    const records = short ? LARGE.shortRecords : LARGE.records;
    const archive = largeArchive(records);
    const qcc = opened.use(await startQcc({ [LARGE.orderNo]: archive, [SMALL.orderNo]: smallArchive() }));
    const bed = opened.use(
      await openTestBed({ stack, env: { QCC_BASE_URL: qcc.url, QCC_DOWNLOAD_HOSTS: `127.0.0.1:${qcc.port}` } }),
    );
    const settings = readSettings(bed.env, COMMON_SETTINGS);
    const kafka = createKafka({ settings, clientId: 'hostile', logCreator: () => () => {} });
    await ensureTopics(kafka, settings);
    const codec = await connectCodec(settings);
    const send = (orderNo: string) => {
      const value = codec.encode('orders', orderWithoutLink({ account: bed.account, orderNo, source: 'reconcile' }));
      return produce(kafka, bed.prefix, [{ topic: TOPICS.orders, key: orderNo, value }]);
    };

    const { DETAIL_DAILY_BUDGET: budget, ...env } = bed.env;
    const fleet = opened.use(openFleet({ ...bed, env }));
    const tally = createTally();
    const peaks: string[] = [];
    const tallyMemory = (when: string) => {
      const peak = fleet.peakMemory()['detail-enricher'];
      peaks.push(`${peak} ${when}`);
      tally.count(`memory ${when}`, peak < MOST_MIB ? null : `${peak} MiB are resident`);
      say(`${peak} MiB ${when}`);
      fleet.resetPeakMemory();
    };
    const waits = (enricher: Instance, count: number) =>
      until(`${count} records wait`, LIMIT_MS, async () => (await enricher.metric('qcc_pending_details')) === count);
    const restart = async (old: Instance, given: Record<string, string> = {}) => {
      old.kill('SIGTERM');
      await old.ended;
      const enricher = await fleet.start('detail-enricher', given);
      await enricher.ready();
      return enricher;
    };

    const extractor = await fleet.start('archive-extractor');
    let enricher = await fleet.start('detail-enricher');
    await Promise.all([extractor.ready(), enricher.ready()]);
    await send(LARGE.orderNo);
    await waits(enricher, records);
    tallyMemory('as they arrive');
    for (const time of short ? ['first'] : ['first', 'second']) {
      enricher = await restart(enricher);
      await waits(enricher, records);
      tallyMemory(`at the ${time} restart`);
    }
    await send(SMALL.orderNo);
    await until('the small order passes', PATIENCE.timeout, async () => {
      return (await enricher.metric('qcc_enriched_records_total', { status: 'NOT_APPLICABLE' })) === 1;
    });
    tally.count('another order of the same company', null);
    enricher = await restart(enricher, { DETAIL_DAILY_BUDGET: budget! });
    await until('every record is settled', LIMIT_MS, async () => {
      return (await enricher.metric('qcc_enriched_records_total', { status: 'ENRICHED' })) === records;
    });
    // The enricher counts a transaction once it is committed. Readers see it a moment later, when the brokers have written its mark.
    let settled = await readStatuses();
    await until('a reader sees two versions of each record', PATIENCE.timeout, async () => {
      if ([...settled.values()].flat().length >= 2 * records) return true;
      settled = await readStatuses();
      return false;
    });
    tallyMemory('with consent, until all are settled');
    for (let position = 0; position < records; position += 1) {
      const statuses = settled.get(position)?.join() ?? 'no version';
      tally.count(`record ${position}`, statuses === 'PENDING,ENRICHED' ? null : statuses);
    }
    const problems = await enricher.problems();
    tally.count('the enricher is ready still', problems === '' ? null : problems);
    return tally.figures([
      `${records} records in an archive of ${(archive.length / 1e6).toFixed(1)} MB`,
      `largest resident set of the enricher, MiB: ${peaks.join(', ')}`,
    ]);

    /** The statuses of each record of the large order, in their order. */
    async function readStatuses(): Promise<Map<number, string[]>> {
      const statuses = new Map<number, string[]>();
      await readTopic({
        kafka,
        topic: topicName(bed.prefix, TOPICS.enrichedRecords),
        prefix: bed.prefix,
        async onMessage({ value }) {
          const { record, detailStatus } = await codec.decode('enriched-records', value!);
          if (record.orderNo !== LARGE.orderNo) return;
          statuses.set(record.position, [...(statuses.get(record.position) ?? []), detailStatus]);
        },
      });
      return statuses;
    }
  },
};
