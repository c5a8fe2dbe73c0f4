import { setTimeout as sleep } from 'node:timers/promises';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { Order } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { newMarker } from 'qcc-core/kafka/exactly-once/table';
import { openFleet } from '../../harness/instances.ts';
import { openTestBed } from '../../harness/pipeline.ts';
import { readAvro } from '../../harness/read-avro.ts';
import { createTally, type HostileRow } from '../row.ts';

/** An extractor that was killed leaves its transaction open for about as long. */
const HELD_MS = 120_000;
/** Loading the program takes a second or two, much more on a busy machine. */
const LISTENS_WITHIN_MS = 60_000;

/** Not an attack, but the same harm: if callbacks waited until `order-state` is read, an open transaction there would block them. */
export const earlyCallbacks: HostileRow = {
  name: 'early-callbacks',
  title: 'callbacks during the start of the gateway, while an open transaction blocks reads of order-state',
  mustHold: 'each is answered with 200 and is on the topic orders, before and after the gateway is ready',
  async run({ stack, short, say }) {
    await using opened = new AsyncDisposableStack();
    const bed = opened.use(await openTestBed({ stack }));
    const settings = readSettings(bed.env, COMMON_SETTINGS);
    const kafka = createKafka({ settings, clientId: 'hostile', logCreator: () => () => {} });
    await ensureTopics(kafka, settings);
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: `${bed.prefix}held`,
      transactionTimeout: HELD_MS,
    });
    opened.defer(() => producer.disconnect());
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({
      topic: topicName(bed.prefix, TOPICS.orderState),
      messages: Array.from({ length: TOPICS.orderState.partitions }, (_, partition) => ({
        partition,
        key: newMarker(),
        value: null,
      })),
    });

    const tally = createTally();
    const fleet = opened.use(openFleet(bed));
    const gateway = await fleet.start('callback-gateway');
    const order = await bed.simulator.createOrder({ records: 1, callback: false });
    const callBack = async () => {
      // Each counts for itself: five errors would silence it.
      bed.simulator.account.noteCallback(true);
      return (await bed.simulator.sendCallback(order.orderNo)).kind;
    };
    const began = Date.now();
    const listens = async () => {
      const url = `http://127.0.0.1:${bed.env.GATEWAY_PORT}/elsewhere`;
      return await fetch(url).then(
        () => true,
        () => false,
      );
    };
    while (!(await listens()) && Date.now() - began < LISTENS_WITHIN_MS) await sleep(50);
    const listenedAfterMs = Date.now() - began;
    // The first may get 503, since connecting to Kafka takes longer than three seconds on a busy machine.
    let early = 0;
    while ((await callBack()) !== 'delivered' && Date.now() - began < LISTENS_WITHIN_MS) early += 1;
    const callbacks = short ? 10 : 100;
    for (let nth = 0; nth < callbacks; nth += 1) {
      const kind = await callBack();
      tally.count(`callback ${nth} before the gateway is ready`, kind === 'delivered' ? null : kind);
    }
    const problems = await gateway.problems();
    tally.count('the gateway is not ready yet', problems === '' ? 'it is: the transaction held nothing up' : null);
    say(`${callbacks} callbacks are sent`);
    await transaction.abort();
    await gateway.ready();
    const kind = await callBack();
    tally.count('a callback after that', kind === 'delivered' ? null : kind);
    const published = (await readAvro<Order>(bed, 'orders')).filter(({ source }) => source === 'callback').length;
    tally.count('orders on the topic', published > callbacks + 1 ? null : `${published} of ${callbacks + 2}`);
    return tally.figures([
      `the gateway listened ${listenedAfterMs} ms after its start; ${early} callbacks got 503 before it had its producer`,
    ]);
  },
};
