import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { WaitError } from 'qcc-archive/errors';
import { createPatience, obtainArchive } from 'qcc-archive/obtain/obtain-archive';
import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { openFleet } from '../../harness/instances.ts';
import { openTestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { produce, readTopic } from '../../integration/topic-reader.ts';
import { createTally, type HostileRow, type Tally } from '../row.ts';

const WITHIN_MS = 120_000;
const ORDER_NO = 'DDMON20260316091000990000001';

const orderOf = (account: string) => orderWithoutLink({ account, orderNo: ORDER_NO, source: 'reconcile' });

/** A bad archive that QCC builds again for every download, with another salt each time. */
const rebuilt = (): Buffer =>
  buildZip([{ name: 'corp.json', content: '{"result":[{"id":', salt: Buffer.from(randomBytes(16)) }]);

/** Orders that never end well, and that must not be tried, kept or waited for without end. */
export const endlessOrders: HostileRow = {
  name: 'endless-orders',
  title: 'an order that stays bad while QCC builds its archive again each time, and one that no spool has room for',
  mustHold:
    'the bad archive is kept once and each failure is counted, so that the gateway waits longer each time; the large order waits for other orders, then for two minutes, and is refused',
  async run({ stack, short, say }) {
    await using opened = new AsyncDisposableStack();
    const tally = createTally();
    await rejectWhatNeverFits(tally);

    const qcc = opened.use(
      await startLoopbackServer((request, response) => {
        if (!request.url?.includes('/getDownloadUrl')) return response.end(rebuilt());
        const downloadUrl = `http://${request.headers.host}/files/x.zip?Expires=4102444800&Signature=x`;
        const result = { orderNo: ORDER_NO, downloadUrl, unzipPassword: PASSWORD };
        return response.end(JSON.stringify({ status: '200', msg: '成功', result }));
      }),
    );
    const env = { QCC_BASE_URL: qcc.url, QCC_DOWNLOAD_HOSTS: `127.0.0.1:${qcc.port}` };
    const bed = opened.use(await openTestBed({ stack, env }));
    const settings = readSettings(bed.env, COMMON_SETTINGS);
    const kafka = createKafka({ settings, clientId: 'hostile', logCreator: () => () => {} });
    await ensureTopics(kafka, settings);
    const codec = await connectCodec(settings);
    const deadLetters = opened.use(await readTopic(kafka, bed.prefix, TOPICS.deadLetters));
    const states = opened.use(await readTopic(kafka, bed.prefix, TOPICS.orderState));
    const fleet = opened.use(openFleet(bed));
    await (await fleet.start('archive-extractor')).ready();

    const times = short ? 5 : 50;
    const value = codec.encode('orders', orderOf(bed.account));
    for (let time = 0; time < times; time += 1) {
      await produce(kafka, bed.prefix, [{ topic: TOPICS.orders, key: ORDER_NO, value }]);
      await until('it has failed again', WITHIN_MS, async () => deadLetters.messages.length === time + 1);
    }
    say(`the bad order has come ${times} times`);
    await states.toEnd();
    const written = states.messages.filter(({ key }) => String(key).endsWith(ORDER_NO)).at(-1);
    const { failures } = await codec.decode('order-state', written?.value ?? Buffer.alloc(0));
    tally.count('failures that are counted', failures === times ? null : `${failures} of ${times}`);
    const store = openFolderStore(fileURLToPath(bed.env.EVIDENCE_URL ?? ''));
    const zips = (await Array.fromAsync(store.list('archives/'))).filter(({ key }) => key.endsWith('.zip'));
    tally.count('archives that are kept', zips.length === 1 ? null : `${zips.length} after ${times} tries`);
    return tally.figures([`${times} tries, ${zips.length} archive kept`]);
  },
};

/** The file system's own response to a write that does not fit. */
async function writeWhereNothingFits(): Promise<never> {
  await using full = await open('/dev/full', 'w');
  await full.writeFile(Buffer.alloc(1_048_576));
  throw new Error('/dev/full took a write');
}

async function rejectWhatNeverFits(tally: Tally): Promise<void> {
  let time = 0;
  const now = () => time;
  const spool = { path: '/nowhere', files: new Set(['another order']) };
  const deps = { spool, patience: createPatience({ ms: 120_000, now }) };
  const steps = { fetchOnce: writeWhereNothingFits, readKept: async () => null };
  const attempt = async (): Promise<string> => {
    try {
      const fetched = await obtainArchive(deps, orderOf('test'), steps);
      return fetched.kind === 'refused' ? fetched.reason : fetched.kind;
    } catch (error) {
      return error instanceof WaitError ? 'waits' : String(error);
    }
  };
  const expect = async (what: string, expected: string) => {
    const came = await attempt();
    tally.count(what, came === expected ? null : came);
  };
  await expect('a full spool while another order is there', 'waits');
  time += 600_000;
  await expect('the same ten minutes later', 'waits');
  spool.files.clear();
  await expect('a full spool with no other order', 'waits');
  time += 120_000;
  await expect('the same two minutes later', 'ARCHIVE_TOO_LARGE');
}
