import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../harness/until.ts';
import { type Bed, messagesOf, PATIENCE_MS, untilWhole } from '../bed.ts';
import { type Case, ONCE } from '../case.ts';
import type { Sent } from '../client.ts';
import { assertTold, describeFailures, noInput, type Told, writePlain, writeTransactions } from '../writer.ts';

const PARTITIONS = 6;

const KINDS = {
  transactional: 'a transactional producer',
  idempotent: 'an idempotent producer',
} as const;
type Kind = keyof typeof KINDS;

/** The services' plain producer may store a message twice, because its readers remove repetitions. It must lose none. */
const COUNTS = { once: 'exactly once', stored: 'at least once' } as const;
type Promised = keyof typeof COUNTS;
const promisedOf = (kind: Kind): Promised => (kind === 'transactional' ? 'once' : 'stored');

const describeTwice = (twice: number): string[] => (twice > 0 ? [`${twice} messages are stored twice`] : []);

/** Writes until the generator ends, two sends to a transaction. */
async function write(kind: Kind, bed: Bed, topic: string, sends: AsyncGenerator<readonly Sent[]>): Promise<Told> {
  const { client } = await bed.start();
  if (kind === 'idempotent') return await writePlain(client, sends);
  return await writeTransactions(client, {
    id: bed.name('id'),
    input: noInput(bed, topic),
    transactions: inPairs(sends),
  });
}

async function* inPairs<Item>(items: AsyncGenerator<Item>): AsyncGenerator<AsyncGenerator<Item>> {
  for (let next = await items.next(); !next.done; next = await items.next()) {
    const first = next.value;
    let isAsked = false;
    yield (async function* () {
      yield first;
      isAsked = true;
      const second = await items.next();
      if (!second.done) yield second.value;
    })();
    // A transaction that failed at its first send leaves the second one to the next.
    if (!isAsked) continue;
  }
}

/** The leader of partitions 0 to 5 is broker 1, 2, 3, 1, 2, 3. */
async function spreadLeaders({ cluster: { admin, nodes } }: Bed, topic: string): Promise<void> {
  const moves = (await admin.partitions(topic)).map(({ partition }) => ({
    topic,
    partition,
    nodeId: nodes[partition % nodes.length]!.id,
  }));
  await admin.moveLeaders(moves);
}

/**
 * The client knows the leaders from its first send. Then a leader moves to a broker that leads another partition of the
 * same send: a client that counts brokers instead of partitions leaves its messages out, or sends others twice.
 */
const meetsMovedLeader = (kind: Kind, promise: Promised): Case => ({
  sentence: `A send of ${KINDS[kind]} that meets a moved leader is in the log ${COUNTS[promise]}`,
  rounds: ONCE,
  isShort: kind === 'transactional',
  async run(bed) {
    const topic = await bed.topic(PARTITIONS);
    await spreadLeaders(bed, topic);
    const moves = [
      { partition: 0, nodeId: 2 },
      { partition: 4, nodeId: 3 },
      { partition: 2, nodeId: 1 },
    ];
    const told = await write(
      kind,
      bed,
      topic,
      (async function* () {
        for (const move of moves) {
          yield messagesOf(topic, PARTITIONS, bed.name('before'), 20);
          await bed.cluster.admin.moveLeaders([{ topic, ...move }]);
          yield messagesOf(topic, PARTITIONS, bed.name('after'), 20);
        }
      })(),
    );
    const twice = assertTold(await bed.truth.committed(topic), told, { allowTwice: promise === 'stored' });
    return [describeFailures(told, 2 * moves.length, 'sends'), ...describeTwice(twice)];
  },
});

/** Moves a random partition's leader, by a preferred election or by taking the leader out of the replicas. */
async function moveSomeLeader({ cluster: { admin }, random }: Bed, topic: string): Promise<void> {
  const partition = Math.floor(random() * PARTITIONS);
  const place = { topic, partition };
  const { leader, replicas } = (await admin.partitions(topic))[partition]!;
  const others = replicas.filter((id) => id !== leader);
  const next = others[Math.floor(random() * others.length)]!;
  if (random() < 0.3) {
    await admin.moveLeaders([{ ...place, nodeId: next }]);
    return;
  }
  await admin.setReplicas(place, others);
  await admin.setReplicas(place, [...others, leader]);
}

const duringMoves = (kind: Kind): Case => ({
  sentence: `Sends of ${KINDS[kind]} are in the log ${COUNTS[promisedOf(kind)]} while leaders move at random`,
  rounds: { whole: 10, short: 3 },
  isShort: false,
  async run(bed, { rounds }) {
    const topic = await bed.topic(PARTITIONS);
    let isMoving = true;
    let count = 0;
    const moving = (async () => {
      for (let round = 0; round < rounds; round += 1) {
        await moveSomeLeader(bed, topic);
        await sleep(bed.random() * 300);
      }
    })().finally(() => {
      isMoving = false;
    });
    const sends = async function* () {
      while (isMoving) {
        count += 1;
        yield messagesOf(topic, PARTITIONS, bed.name('moving'), 20);
      }
    };
    const [told] = await Promise.all([write(kind, bed, topic, sends()), moving]);
    const twice = assertTold(await bed.truth.committed(topic), told, { allowTwice: promisedOf(kind) === 'stored' });
    return [`${rounds} moves`, describeFailures(told, count, 'sends'), ...describeTwice(twice)];
  },
});

const leaderKilled = (kind: Kind): Case => ({
  sentence: `Sends of ${KINDS[kind]} are in the log ${COUNTS[promisedOf(kind)]} when the broker that leads is killed`,
  rounds: { whole: 2, short: 1 },
  isShort: false,
  async run(bed, { rounds }) {
    const topic = await bed.topic(PARTITIONS);
    let isKilling = true;
    let count = 0;
    const killing = (async () => {
      for (let round = 0; round < rounds; round += 1) {
        await sleep(bed.random() * 500);
        const leader = await bed.cluster.admin.leader({ topic, partition: Math.floor(bed.random() * PARTITIONS) });
        bed.say(`kills broker ${leader}`);
        await bed.cluster.node(leader).kill();
        await untilLed(bed, topic);
        await sleep(1_000);
        await untilWhole(bed.cluster, [topic]);
      }
    })().finally(() => {
      isKilling = false;
    });
    const sends = async function* () {
      while (isKilling) {
        count += 1;
        yield messagesOf(topic, PARTITIONS, bed.name('killed'), 20);
        await sleep(20);
      }
    };
    const [told] = await Promise.all([write(kind, bed, topic, sends()), killing]);
    const twice = assertTold(await bed.truth.committed(topic), told, { allowTwice: promisedOf(kind) === 'stored' });
    return [`${rounds} kills`, describeFailures(told, count, 'sends'), ...describeTwice(twice)];
  },
});

const untilLed = ({ cluster: { admin, nodes } }: Bed, topic: string): Promise<void> =>
  until('every partition is led by a broker that runs', PATIENCE_MS, async () => {
    const running = new Set(nodes.filter(({ pid }) => pid !== undefined).map(({ id }) => id));
    return (await admin.partitions(topic)).every(({ leader }) => running.has(leader));
  });

export const transactionalMeetsMovedLeader = meetsMovedLeader('transactional', 'once');
export const idempotentMeetsMovedLeader = meetsMovedLeader('idempotent', 'stored');
export const idempotentMeetsMovedLeaderOnce = meetsMovedLeader('idempotent', 'once');
export const transactionalDuringMoves = duringMoves('transactional');
export const idempotentDuringMoves = duringMoves('idempotent');
export const transactionalLeaderKilled = leaderKilled('transactional');
export const idempotentLeaderKilled = leaderKilled('idempotent');
