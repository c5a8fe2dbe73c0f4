import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerOf } from '../../harness/audit.ts';
import type { KafkaNode } from '../../harness/kafka-cluster.ts';
import { until } from '../../harness/until.ts';
import { type RowFigures, sendOrder, withBroken } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { mostLeading, untilInSync } from './restarts.ts';
import { underFaults } from './under-faults.ts';

/** One broker stops answering for half a minute, its connections open. */
export async function runShortFreezes(input: ClusterRowInput, { freezes }: { freezes: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  return await underFaults(place, {
    ...input,
    fault: {
      rounds: freezes,
      async inject(round) {
        const node = await drawNode(place, round);
        node.freeze();
        await sleep(30_000);
        node.thaw();
        await untilInSync(place);
        return `node ${node.id} frozen for 30 s`;
      },
    },
  });
}

const MOVING_LIMIT_S = 45;
/** Orders sent in this time after the freeze have to pass while it lasts. */
const SENT_WITHIN_MS = 15_000;

/**
 * Each broker in turn stops answering for 150 s, because services meet each of them in another role: the first of their list, the
 * controller, a coordinator. The controller moves its partitions after some ten seconds; from then on, and at most 45 s
 * after the freeze, callbacks must be answered with 200 and rows must be stored. When the orders are complete depends on the
 * details as well, which QCC has ready later.
 */
export async function runLongFreezes(input: ClusterRowInput, { freezes }: { freezes: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  const { nodes } = place.cluster;
  const late: string[] = [];
  const notes: string[] = [];
  const figures = await underFaults(place, {
    ...input,
    fault: {
      rounds: freezes,
      async inject(round) {
        const node = nodes[round % nodes.length]!;
        const isController = node.id === (await place.cluster.admin.controller());
        node.freeze();
        const frozenAt = Date.now();
        const thawed = sleep(150_000).then(() => node.thaw());
        const [callbacks, rows] = await Promise.all([
          untilCallbacksPass(place, frozenAt, thawed),
          untilRowsMove(place, frozenAt, thawed),
        ]);
        await thawed;
        const note = `node ${node.id}${isController ? ', the controller,' : ''} frozen: callbacks get 200 after ${callbacks}, all rows of the orders sent meanwhile are stored after ${rows} (at most ${MOVING_LIMIT_S} s)`;
        notes.push(note);
        for (const [what, value] of Object.entries({ callbacks, rows }))
          if (!(Number.parseFloat(value) <= MOVING_LIMIT_S)) late.push(`${what} of round ${round + 1}: ${value}`);
        await untilInSync(place);
        return note;
      },
    },
  });
  return withBroken({ ...figures, notes: [...notes, ...figures.notes] }, late);
}

/** In turns the node that leads most partitions and the active controller, because each stops different things. */
async function drawNode(place: ClusterBed, round: number): Promise<KafkaNode> {
  return round % 2 === 0 ? await mostLeading(place) : place.cluster.node(await place.cluster.admin.controller());
}

/** From the freeze until the first callback that gets 200 and after which no other failed. */
async function untilCallbacksPass({ bed }: ClusterBed, frozenAt: number, thawed: Promise<void>): Promise<string> {
  let passesSince: number | null = null;
  let isOver = false;
  void thawed.then(() => {
    isOver = true;
  });
  // One order again and again: reconcile has to find only the orders that nobody took.
  const orderNo = await sendOrder(bed, { records: 20 });
  while (!isOver) {
    bed.simulator.account.noteCallback(true);
    const result = await bed.simulator.sendCallback(orderNo);
    if (result.kind !== 'delivered' || result.attempts > 1) passesSince = null;
    else passesSince ??= Date.now();
    await sleep(1_000);
  }
  return seconds(passesSince, frozenAt);
}

/** From the freeze until every row of the orders sent in its first seconds is stored. */
async function untilRowsMove({ bed }: ClusterBed, frozenAt: number, thawed: Promise<void>): Promise<string> {
  const orders: string[] = [];
  while (Date.now() - frozenAt < SENT_WITHIN_MS) {
    orders.push(await sendOrder(bed, { records: 1_000 }));
    await sleep(3_000);
  }
  const moved = until('the rows are stored', 150_000, () => isStored(bed, orders)).then(
    () => Date.now(),
    () => null,
  );
  return seconds(await Promise.race([moved, thawed.then(() => null)]), frozenAt);
}

async function isStored(bed: ClusterBed['bed'], orders: readonly string[]): Promise<boolean> {
  const ledger = new Map((await ledgerOf(bed)).map((row) => [row.order_no, row]));
  return orders.every((orderNo) => {
    const row = ledger.get(orderNo);
    return row !== undefined && row.stored === row.declared;
  });
}

const seconds = (at: number | null, frozenAt: number): string =>
  at === null ? 'no time while it was frozen' : `${((at - frozenAt) / 1_000).toFixed(1)} s`;
