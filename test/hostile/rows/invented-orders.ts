import { buildZip, DOCUMENT } from 'qcc-archive/testing/archives';
import type { OrderEvent } from 'qcc-core/contract/domain';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import type { Simulator } from 'qcc-simulator/simulator';
import { steadyPort } from '../../../stack/ports.ts';
import { openFleet } from '../../harness/instances.ts';
import { openTestBed } from '../../harness/pipeline.ts';
import { readAvro } from '../../harness/read-avro.ts';
import { readTopic } from '../../harness/read-topic.ts';
import { until } from '../../harness/until.ts';
import { createTally, type HostileRow } from '../row.ts';
import { INVENTED, sendInvented } from '../send-invented.ts';

/** The simulated QCC says 106 (非法请求过多) to everything after so many calls for orders that it does not have. */
const MOST_UNKNOWN_CALLS = 30;
const UNCHECKED_ORDERS_PER_HOUR = 10;
const WITHIN_MS = 180_000;
const RECORDS = 20;
const WAVES = 2;

/** A QCC that refuses the account with 106 after too many calls for orders that it does not have. */
async function startImpatientQcc(simulator: () => Simulator) {
  const calls = { list: 0, unknown: 0, refused: 0 };
  const server = await startLoopbackServer(async (request, response) => {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://x');
    const isKnown = simulator()
      .orders()
      .some(({ orderNo }) => orderNo === searchParams.get('orderNo'));
    if (pathname.endsWith('/listLatestOrderNo')) calls.list += 1;
    if (pathname.endsWith('/getDownloadUrl') && !isKnown) calls.unknown += 1;
    if (calls.unknown > MOST_UNKNOWN_CALLS) {
      calls.refused += 1;
      response.end(JSON.stringify({ status: '106', msg: '【无效请求】非法请求过多，请联系管理员' }));
      return;
    }
    const headers = Object.fromEntries(
      ['token', 'timespan'].map((name) => [name, String(request.headers[name] ?? '')] as const),
    );
    const answer = await fetch(`${new URL(simulator().baseUrl).origin}${pathname}${search}`, { headers });
    response.writeHead(answer.status).end(await answer.text());
  });
  return { server, calls };
}

/** Somebody who has the key floods the gateway with order numbers of their own, each with a link to an archive of theirs. */
export const inventedOrders: HostileRow = {
  name: 'invented-orders',
  title:
    'a flood of invented order numbers with forged links, by somebody who has the key, before and between real orders',
  mustHold:
    'real orders are extracted meanwhile, QCC gets few calls for orders that it does not have and never refuses the account, no forged link is used, and invented orders leave a dead letter each and no state',
  async run({ stack, short, say }) {
    await using opened = new AsyncDisposableStack();
    let simulator: Simulator | undefined;
    const qcc = await startImpatientQcc(() => simulator!);
    opened.use(qcc.server);
    let forgedRequests = 0;
    const forged = opened.use(
      await startLoopbackServer((_request, response) => {
        forgedRequests += 1;
        response.end(buildZip([{ name: 'corp.json', content: JSON.stringify(DOCUMENT) }]));
      }),
    );
    const port = await steadyPort();
    const bed = opened.use(
      await openTestBed({
        stack,
        simulator: { seed: 'invented', port },
        env: {
          QCC_BASE_URL: `${qcc.server.url}/api/dd_corp_monitor`,
          QCC_DOWNLOAD_HOSTS: `127.0.0.1:${port},127.0.0.1:${forged.port}`,
          UNCHECKED_ORDERS_PER_HOUR: String(UNCHECKED_ORDERS_PER_HOUR),
        },
      }),
    );
    simulator = bed.simulator;
    const fleet = opened.use(openFleet(bed));
    const [gateway, extractor] = await Promise.all([fleet.start('callback-gateway'), fleet.start('archive-extractor')]);
    await Promise.all([gateway.ready(), extractor.ready()]);

    const tally = createTally();
    const flood = short ? 60 : 5_000;
    const linkOf = () => `http://127.0.0.1:${forged.port}/DdMonitor/x.zip?Expires=4102444800&Signature=x`;
    const factsOf = async (stage: string) => {
      const facts = (await readAvro<OrderEvent>(bed, 'order-events')).filter((fact) => fact.stage === stage);
      return new Set(facts.map(({ orderNo }) => orderNo));
    };

    const waits: number[] = [];
    for (let wave = 0; wave < WAVES; wave += 1) {
      await sendInvented(bed, tally, { from: wave * flood, count: flood, linkOf });
      for (let order = 0; order < 3; order += 1) {
        const began = Date.now();
        const { orderNo, callbacks } = await bed.simulator.createOrder({ records: RECORDS });
        tally.count(`the callback of ${orderNo}`, callbacks[0]?.kind === 'delivered' ? null : 'not delivered');
        await until(`${orderNo} is extracted`, WITHIN_MS, async () => (await factsOf('EXTRACTED')).has(orderNo));
        waits.push(Date.now() - began);
      }
      say(`wave ${wave}: the real orders are extracted`);
    }
    await until('every invented order has failed', WITHIN_MS, async () => {
      const failed = await factsOf('FAILED');
      return [...failed].filter((orderNo) => orderNo.startsWith(INVENTED)).length === WAVES * flood;
    });

    const extracted = await factsOf('EXTRACTED');
    const published = [...extracted].filter((orderNo) => orderNo.startsWith(INVENTED));
    tally.count('records of invented orders', published.length === 0 ? null : `${published.length} orders`);
    tally.count('forged links', forgedRequests === 0 ? null : `${forgedRequests} requests`);
    const { list, unknown, refused } = qcc.calls;
    tally.count('calls for invented orders', unknown <= UNCHECKED_ORDERS_PER_HOUR ? null : `${unknown}`);
    tally.count('calls that QCC refused', refused === 0 ? null : `${refused}`);
    const states = new Map(
      (await readTopic(bed.stack.KAFKA_BROKERS, `${bed.prefix}order-state`)).map(({ key, value }) => [
        String(key),
        value,
      ]),
    );
    const left = [...states].filter(([key, value]) => key.includes(INVENTED) && value !== null);
    tally.count('states of invented orders', left.length === 0 ? null : `${left.length}`);
    for (const instance of [gateway, extractor]) {
      const problems = await instance.problems();
      tally.count(`the ${instance.service} is ready`, problems === '' ? null : problems);
    }
    return tally.figures([
      `${WAVES * flood} invented orders; ${unknown} calls for them, ${list} calls of the list`,
      `a real order behind them was extracted after at most ${Math.max(...waits)} ms`,
    ]);
  },
};
