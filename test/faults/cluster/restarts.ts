import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../harness/until.ts';
import { type RowFigures, shuffled } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { underFaults } from './under-faults.ts';

const RESTART_LIMIT_MS = 180_000;

/** One node after the other ends by SIGTERM and comes back, as in an upgrade of the brokers. */
export async function runRollingRestarts(input: ClusterRowInput, { rounds }: { rounds: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  const { cluster, fleet } = place;
  await startTwice(fleet);
  return await underFaults(place, {
    ...input,
    fault: {
      rounds,
      faultsPerRound: cluster.nodes.length,
      async inject() {
        const order = shuffled(cluster.nodes, input.random);
        for (const node of order) {
          await node.stop();
          await node.start();
          await untilInSync(place);
        }
        return `nodes ${order.map(({ id }) => id).join(', ')} restarted`;
      },
    },
  });
}

/** kill -9 of the broker that leads most partitions; it comes back after the others have taken over. */
export async function runLeaderKills(input: ClusterRowInput, { kills }: { kills: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  return await underFaults(place, {
    ...input,
    fault: { rounds: kills, inject: () => killMostLeading(place, input.random) },
  });
}

export async function killMostLeading(place: ClusterBed, random: () => number): Promise<string> {
  const node = await mostLeading(place);
  await node.kill();
  await until(`nothing is led by node ${node.id}`, RESTART_LIMIT_MS, async () => {
    return !(await place.cluster.admin.leaderCounts()).has(node.id);
  });
  await sleep(random() * 5_000);
  await node.start();
  await untilInSync(place);
  // Otherwise it leads nothing until the brokers balance by themselves, after five minutes.
  await place.cluster.admin.electPreferred();
  return `node ${node.id} killed`;
}

/** Two brokers die at the same time: nothing can be written until one is back. */
export async function runTwoKilled(input: ClusterRowInput, { rounds }: { rounds: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  return await underFaults(place, {
    ...input,
    fault: {
      rounds,
      faultsPerRound: 2,
      async inject() {
        const killed = shuffled(place.cluster.nodes, input.random).slice(0, 2);
        await Promise.all(killed.map((node) => node.kill()));
        await sleep(5_000 + input.random() * 15_000);
        await Promise.all(killed.map((node) => node.start()));
        await untilInSync(place);
        return `nodes ${killed.map(({ id }) => id).join(' and ')} killed`;
      },
    },
  });
}

export async function mostLeading({ cluster }: ClusterBed) {
  const counts = await cluster.admin.leaderCounts();
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return cluster.node(most![0]);
}

/** Resolves when every partition of every topic has all its replicas in sync. */
export const untilInSync = ({ cluster }: ClusterBed): Promise<void> =>
  until('every replica is in sync', RESTART_LIMIT_MS, async () =>
    (await cluster.admin.topics()).every(({ partitions }) =>
      partitions.every(({ leader, replicas, isr }) => leader >= 0 && isr.length === replicas.length),
    ),
  );
