import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from 'qcc-core/contract/domain';
import type { LiveStack } from '../../harness/live-stack.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { readAvro } from '../../harness/read-avro.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, countComplete, type FaultInput, type RowFigures, withBroken } from '../row.ts';

const CALLBACKS = 10;
const RECORDS = 100;

/**
 * Kafka is away while QCC calls: nobody is told 200, after five failures QCC falls silent, every order is found later,
 * and the gateway makes QCC call again. A failed callback may still publish its order, because the publisher goes on trying.
 */
export async function runKafkaAwayAtGateway(
  bed: TestBed,
  { stack, awayMs, say }: FaultInput<'awayMs'> & { stack: LiveStack },
): Promise<RowFigures> {
  const { simulator } = bed;
  await using fleet = openFaultFleet(bed);
  const { 'callback-gateway': gateway } = await fleet.startAll();
  await stack.kill('kafka');
  const goneAt = Date.now();
  // QCC's count of failures is left as it is, as in reality.
  for (let callback = 0; callback < CALLBACKS; callback += 1) {
    const { callbacks } = await simulator.createOrder({ records: RECORDS });
    say(`callback ${callback + 1}: ${callbacks.at(-1)?.kind}`);
  }
  const away = simulator.orders();
  const thatEnded = (kind: string) => away.filter(({ callbacks }) => callbacks.some((each) => each.kind === kind));
  const ended = (kind: string) => thatEnded(kind).length;
  await sleep(Math.max(0, awayMs - (Date.now() - goneAt)));
  await stack.start('kafka');
  const overAt = Date.now();
  const awaySeconds = Math.round((overAt - goneAt) / 1_000);
  say(`Kafka is back after ${awaySeconds} s`);

  const activations = () => gateway.metric('qcc_activations_total', { outcome: 'QCC_200' });
  await until('every order is complete', 180_000, async () => (await countComplete(bed)) === CALLBACKS);
  await until('the gateway has activated the callback', 60_000, async () => (await activations()) > 0);
  const facts = async () =>
    await bed.query<{ result: string }>("SELECT result FROM {{db}}.coverage_facts FINAL WHERE kind = 'ACTIVATED'");
  await until('the activation is on record', 60_000, async () =>
    (await facts()).some(({ result }) => result === 'QCC_200'),
  );
  const next = await simulator.createOrder({ records: RECORDS });
  const nextKind = next.callbacks.at(-1)?.kind ?? 'not sent';
  say(`the next callback: ${nextKind}`);
  const notes = [
    `away ${awaySeconds} s; ${CALLBACKS} orders meanwhile: ${ended('failed')} callbacks failed, then QCC was silent for ${ended('silenced')}`,
    `${ended('delivered')} of ${CALLBACKS} told 200`,
  ];
  const figures = await conclude({ bed, fleet, faults: CALLBACKS, overAt, notes });

  const sources = Map.groupBy(await readAvro<Order>(bed, 'orders'), ({ orderNo }) => orderNo);
  const firstSource = (orderNo: string) => sources.get(orderNo)?.[0]?.source;
  const isReconciled = ({ orderNo }: { orderNo: string }) => firstSource(orderNo) === 'reconcile';
  const nextSource = firstSource(next.orderNo);
  const results = (await facts()).map(({ result }) => result).join(', ');
  figures.notes.push(
    `${away.filter(isReconciled).length} of ${CALLBACKS} found by reconcile, as the source of each on \`orders\` says`,
    `the gateway activated the callback ${await activations()} time(s) by its metric; facts on record: ${results}`,
    `the next callback was ${nextKind}, and its order's source is ${nextSource}`,
  );
  const broken = [
    ended('delivered') > 0 && 'told 200 while nothing was durable',
    (ended('failed') !== 5 || ended('silenced') !== CALLBACKS - 5) && 'QCC did not fall silent after five failures',
    !thatEnded('silenced').every(isReconciled) && 'an order that QCC was silent about was not found by reconcile',
    (nextKind !== 'delivered' || nextSource !== 'callback') && 'the next callback did not come in',
  ];
  return withBroken(figures, broken);
}
