import { until } from '../../harness/until.ts';
import { type RowFigures, shuffled } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { loadingOnce } from './loading-once.ts';
import { underFaults } from './under-faults.ts';

/** The coordinators of all groups go to one node, those of all transactions to another, while orders are on their way. */
export async function runCoordinatorMoves(input: ClusterRowInput, { rounds }: { rounds: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  return await underFaults(place, {
    ...input,
    fault: { rounds, faultsPerRound: 2, inject: () => moveCoordinatorsApart(place, input.random) },
  });
}

export async function moveCoordinatorsApart({ cluster }: ClusterBed, random: () => number): Promise<string> {
  const [groups, transactions] = shuffled([1, 2, 3], random);
  const moves = [
    { topic: '__consumer_offsets', nodeId: groups! },
    { topic: '__transaction_state', nodeId: transactions! },
  ];
  const all = await Promise.all(
    moves.map(async ({ topic, nodeId }) =>
      (await cluster.admin.partitions(topic)).map(({ partition }) => ({ topic, partition, nodeId })),
    ),
  );
  await cluster.admin.moveLeaders(all.flat());
  return `groups moved to node ${groups}, transactions to node ${transactions}`;
}

/** One JoinGroup of each group is answered with COORDINATOR_LOAD_IN_PROGRESS, as a coordinator that has just moved does. */
export async function runLoadingOnce(input: ClusterRowInput, { rounds }: { rounds: number }): Promise<RowFigures> {
  const loading = loadingOnce();
  await using place = await openClusterBed(input, { proxied: true, intercept: () => loading.intercept });
  const { cluster, fleet } = place;
  await startTwice(fleet);
  return await underFaults(place, {
    ...input,
    fault: {
      rounds,
      async inject(round) {
        const service = (['archive-extractor', 'detail-enricher', 'sink'] as const)[round % 3]!;
        // The new instance joins first; the members that were running join after it.
        loading.arm({ group: service, passBy: Math.floor(input.random() * 4) });
        const [leaving] = fleet.running().filter((instance) => instance.service === service);
        leaving!.kill('SIGTERM');
        await leaving!.ended;
        const coming = await fleet.start(service);
        // Brokers send this error after a coordinator has moved, so move both, to different nodes.
        await moveCoordinatorsApart({ ...place, cluster }, input.random);
        await until(`a JoinGroup of ${service} was answered "loading"`, 60_000, async () => loading.done());
        await coming.ready();
        return `a JoinGroup of ${service} was answered "loading"`;
      },
    },
  });
}
