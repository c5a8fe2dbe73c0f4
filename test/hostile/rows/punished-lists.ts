import type { OrderEvent } from 'qcc-core/contract/domain';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { steadyPort } from '../../../stack/ports.ts';
import { openFleet } from '../../harness/instances.ts';
import { openTestBed } from '../../harness/pipeline.ts';
import { readAvro } from '../../harness/read-avro.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { until } from '../../harness/until.ts';
import { createTally, type HostileRow } from '../row.ts';
import { INVENTED, sendInvented } from '../send-invented.ts';

const UNCHECKED_ORDERS_PER_HOUR = 20;
const WITHIN_MS = 120_000;
const RECORDS = 20;
/** QCC's 非法请求过多, which both services obey until a person acts. */
const PUNISHED = '106';

/** Somebody who has the key floods the gateway until QCC refuses its list, and the links, to the whole account. */
export const punishedLists: HostileRow = {
  name: 'punished-lists',
  title:
    'a flood of invented order numbers, with bad links or none, by somebody who has the key, while QCC answers 106 to each call for its list and for a link',
  mustHold:
    'a replay behind them is extracted from the kept original meanwhile, each service asks for the list once, and every invented order fails and publishes nothing; once a person has acted, orders that QCC lists are extracted, with and without a callback',
  async run({ stack, short, say }) {
    await using opened = new AsyncDisposableStack();
    const forged = opened.use(await startLoopbackServer((_request, response) => response.writeHead(404).end()));
    const port = await steadyPort();
    const bed = opened.use(
      await openTestBed({
        stack,
        simulator: { seed: 'punished', port },
        env: {
          QCC_DOWNLOAD_HOSTS: `127.0.0.1:${port},127.0.0.1:${forged.port}`,
          UNCHECKED_ORDERS_PER_HOUR: String(UNCHECKED_ORDERS_PER_HOUR),
        },
      }),
    );
    const { simulator } = bed;
    const fleet = opened.use(openFleet(bed));
    const [gateway, extractor] = await Promise.all([fleet.start('callback-gateway'), fleet.start('archive-extractor')]);
    await Promise.all([gateway.ready(), extractor.ready()]);
    const tally = createTally();
    const facts = async (stage: string) =>
      (await readAvro<OrderEvent>(bed, 'order-events')).filter((fact) => fact.stage === stage);
    const isExtracted = async (orderNo: string, revision = 0) =>
      (await facts('EXTRACTED')).some((fact) => fact.orderNo === orderNo && fact.revision === revision);
    const qcc = async (...args: string[]) => {
      const { exitCode, err } = await runQcc(bed.env, args);
      if (exitCode !== 0) throw new Error(`qcc ${args.join(' ')} failed: ${err}`);
    };
    /** Counts an attack that must not keep an order back. */
    const expectExtracted = async (orderNo: string, what: string, revision = 0) => {
      const began = Date.now();
      const problem = await until(what, WITHIN_MS, () => isExtracted(orderNo, revision)).then(
        () => null,
        (error: unknown) => String(error),
      );
      tally.count(what, problem);
      return Date.now() - began;
    };

    const before = await simulator.createOrder({ records: RECORDS });
    await expectExtracted(before.orderNo, 'an order before the flood');
    simulator.faults.set({ codes: { listLatestOrderNo: PUNISHED, getDownloadUrl: PUNISHED } });
    const flood = short ? 200 : 5_000;
    const bad = `http://127.0.0.1:${forged.port}/DdMonitor/x.zip?Expires=4102444800&Signature=x`;
    const linkOf = (nth: number) => (nth % 2 === 0 ? bad : undefined);
    await sendInvented(bed, tally, { from: 0, count: flood, linkOf });
    say(`${flood} invented orders are sent`);

    const called = await simulator.createOrder({ records: RECORDS });
    const uncalled = await simulator.createOrder({ records: RECORDS, callback: false });
    await qcc('replay', before.orderNo, '--force');
    const replayMs = await expectExtracted(before.orderNo, 'a replay behind the flood', 1);
    await until('every invented order has failed', WITHIN_MS, async () => {
      const failed = new Set((await facts('FAILED')).map(({ orderNo }) => orderNo));
      return [...failed].filter((orderNo) => orderNo.startsWith(INVENTED)).length === flood;
    });
    const refused = simulator.calls.report().counts.listLatestOrderNo?.[PUNISHED] ?? 0;
    tally.count('calls for the list', refused <= 2 ? null : `${refused}`);
    say('the flood is over');

    simulator.faults.reset();
    await qcc('details', 'open');
    const reconcileMs = await expectExtracted(uncalled.orderNo, 'a listed order whose callback is lost');
    await simulator.sendCallback(called.orderNo);
    await expectExtracted(called.orderNo, 'a listed order whose callback came during the flood, and comes again');

    const published = (await facts('EXTRACTED')).filter(({ orderNo }) => orderNo.startsWith(INVENTED));
    tally.count('records of invented orders', published.length === 0 ? null : `${published.length} orders`);
    for (const instance of [gateway, extractor]) {
      const problems = await instance.problems();
      tally.count(`the ${instance.service} is ready`, problems === '' ? null : problems);
    }
    return tally.figures([
      `${flood} invented orders; ${refused} calls for the list while QCC refused it`,
      `a replay behind them was extracted after ${replayMs} ms, and a listed order ${reconcileMs} ms after QCC had opened the account`,
    ]);
  },
};
