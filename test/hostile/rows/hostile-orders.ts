import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { openFaultFleet } from '../../faults/fault-fleet.ts';
import { openTestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { produce, readTopic } from '../../integration/topic-reader.ts';
import { ARCHIVE_CASES, SMALL_ARCHIVES } from '../inputs/archives.ts';
import { BOMBS } from '../inputs/bombs.ts';
import { DOCUMENTS, ELEMENTS, GOOD } from '../inputs/json-documents.ts';
import { createTally, type HostileRow } from '../row.ts';

const DONE_WITHIN_MS = 240_000;

/** An order's archive, or where its link leads; and what must stand on the topics in the end. */
type HostileOrder = {
  name: string;
  archive: () => Buffer;
  /** The file host answers with a redirect to there instead. */
  redirect?: string;
  records: number;
  /** Of its dead letters, in the order of positions. */
  reasons: readonly string[];
};

const KINDS: readonly string[] = [
  'AE-1',
  'zip64 sizes',
  'a data descriptor',
  'an error page',
  'another password',
  'a wrong password past the two-byte check, AE-2',
  'no encryption',
  'ZipCrypto',
  'a name that climbs out',
  'such names beside the entry',
  'both names',
  'both headers that declare fewer bytes',
  'an entry that another name shares',
  'ten archives in one another',
  '65 entries',
];

const packed = (content: Buffer): Buffer => buildZip([{ name: 'corp.json', content }]);
const elementsDocument = (): Buffer =>
  Buffer.concat([
    Buffer.from('{"pushDate":"2021-03-16 18:52:26","result":['),
    ...ELEMENTS.flatMap(({ text }) => [text, Buffer.from(',')]),
    Buffer.from(`${GOOD}]}`),
  ]);
const refusedElements = ELEMENTS.flatMap(({ becomes }) => (typeof becomes === 'string' ? [becomes] : []));

const ORDERS: readonly HostileOrder[] = [
  ...ARCHIVE_CASES.filter(({ name }) => KINDS.includes(name)).map(({ name, becomes, build }) => ({
    name,
    archive: build,
    records: becomes === 'read' ? 2 : 0,
    reasons: becomes === 'read' ? [] : [becomes],
  })),
  ...BOMBS.filter((_, at) => at % 3 === 0).map(({ name, becomes, build }) => ({
    name: `2 GiB of ${name}`,
    archive: build,
    records: 0,
    reasons: [becomes],
  })),
  {
    name: 'an archive that is cut off',
    archive: () => SMALL_ARCHIVES[0]!.build().subarray(0, -40),
    records: 0,
    reasons: ['ARCHIVE_DAMAGED'],
  },
  ...DOCUMENTS.map(({ name, document, becomes }) => ({
    name: `a document: ${name}`,
    archive: () => packed(document),
    records: typeof becomes === 'string' ? 0 : becomes.records,
    reasons: typeof becomes === 'string' ? [becomes] : [],
  })),
  {
    name: 'bad records beside good ones',
    archive: () => packed(elementsDocument()),
    records: ELEMENTS.length + 1 - refusedElements.length,
    reasons: refusedElements,
  },
  ...['http://169.254.169.254/latest/meta-data/', 'http://127.0.0.1:9/', 'https://evil.test/x.zip'].map((redirect) => ({
    name: `a redirect to ${redirect}`,
    archive: () => Buffer.alloc(0),
    redirect,
    records: 0,
    reasons: ['DOWNLOAD_FAILED'],
  })),
];

const orderNoOf = (index: number): string => `DDMON20260316091000${String(10_000_000 + index)}`;

/** QCC and its file host in the attacker's hand: every order has a link and a password, and what comes of it is hostile. */
function startHostileQcc(seen: string[]) {
  return startLoopbackServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname.endsWith('/getDownloadUrl')) {
      const orderNo = searchParams.get('orderNo');
      const downloadUrl = `http://${request.headers.host}/files/${orderNo}.zip?Expires=4102444800&Signature=x`;
      const result = { orderNo, downloadUrl, downloadUrlExpiredTime: '2099-12-31 23:59:59', unzipPassword: PASSWORD };
      response.end(JSON.stringify({ status: '200', msg: '成功', result }));
      return;
    }
    seen.push(Object.keys(request.headers).sort().join());
    const order = ORDERS.find((_, index) => pathname.includes(orderNoOf(index)));
    if (order?.redirect) response.writeHead(302, { location: order.redirect }).end();
    else response.end(order?.archive());
  });
}

/** The extractor as a process of its own, on real Kafka; what a subscriber of the topics sees is compared. */
export const hostileOrders: HostileRow = {
  name: 'hostile-orders',
  title: 'orders with every kind of hostile archive and link, sent through the extractor and a real Kafka',
  mustHold:
    'no record of one that fails is on the topic, its dead letters have the right reasons; valid ones and good records beside bad ones are there; the file host gets no Token',
  async run({ stack, say }) {
    await using opened = new AsyncDisposableStack();
    const seen: string[] = [];
    const qcc = opened.use(await startHostileQcc(seen));
    const bed = opened.use(
      await openTestBed({
        stack,
        env: { QCC_BASE_URL: qcc.url, QCC_DOWNLOAD_HOSTS: `127.0.0.1:${qcc.port}` },
      }),
    );
    const settings = readSettings(bed.env, COMMON_SETTINGS);
    const kafka = createKafka({ settings, clientId: 'hostile', logCreator: () => () => {} });
    await ensureTopics(kafka, settings);
    const codec = await connectCodec(settings);
    const [records, deadLetters, facts] = await Promise.all(
      [TOPICS.records, TOPICS.deadLetters, TOPICS.orderEvents].map((topic) => readTopic(kafka, bed.prefix, topic)),
    );
    if (!records || !deadLetters || !facts) throw new Error('a topic has no reader');
    for (const reader of [records, deadLetters, facts]) opened.use(reader);

    const fleet = opened.use(openFaultFleet(bed));
    const extractor = await fleet.start('archive-extractor');
    await extractor.ready();
    const orders = ORDERS.map((_, index) => ({
      topic: TOPICS.orders,
      key: orderNoOf(index),
      value: codec.encode(
        'orders',
        orderWithoutLink({ account: bed.account, orderNo: orderNoOf(index), source: 'reconcile' }),
      ),
    }));
    await produce(kafka, bed.prefix, orders);
    say(`${ORDERS.length} orders are sent`);

    const settled = async () => {
      const events = await Promise.all(facts.messages.map(({ value }) => codec.decode('order-events', value!)));
      const ends = events.filter(({ stage }) => stage === 'EXTRACTED' || stage === 'FAILED');
      return new Set(ends.map(({ orderNo }) => orderNo)).size;
    };
    await until('every order is extracted or failed', DONE_WITHIN_MS, async () => (await settled()) === ORDERS.length);
    await Promise.all([records.toEnd(), deadLetters.toEnd()]);

    const tally = createTally();
    const published = await Promise.all(records.messages.map(({ value }) => codec.decode('records', value!)));
    for (const [index, { name, ...expected }] of ORDERS.entries()) {
      const orderNo = orderNoOf(index);
      const count = published.filter((record) => record.orderNo === orderNo).length;
      const reasons = deadLetters.messages
        .filter(({ headers }) => String(headers?.['qcc.dlq.orderNo']) === orderNo)
        .sort((a, b) => Number(a.headers?.['qcc.dlq.position']) - Number(b.headers?.['qcc.dlq.position']))
        .map(({ headers }) => String(headers?.['qcc.dlq.reason']));
      const isRight = count === expected.records && reasons.join() === expected.reasons.join();
      tally.count(name, isRight ? null : `${count} records, ${reasons.join() || 'no dead letter'}`);
    }
    const others = seen.filter((headers) => headers !== 'connection,host');
    tally.count('what the file host was sent', others.length === 0 ? null : String(others));
    const problems = await extractor.problems();
    tally.count('the extractor is ready still', problems === '' ? null : problems);
    return tally.figures([
      `${published.length} records, ${deadLetters.messages.length} dead letters, ${seen.length} downloads`,
      `largest resident set of the extractor: ${fleet.peakMemory()['archive-extractor']} MiB`,
    ]);
  },
};
