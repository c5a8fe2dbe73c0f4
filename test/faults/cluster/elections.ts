import type { RowFigures } from '../row.ts';
import { shuffled } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { underFaults } from './under-faults.ts';

/** Preferred elections while orders are on their way: leadership moves, and no broker is ever away. */
export async function runPreferredElections(
  input: ClusterRowInput,
  { elections }: { elections: number },
): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  return await underFaults(place, {
    ...input,
    row: 'three brokers: preferred election in the middle of an order',
    fault: { rounds: elections, inject: () => moveSomeLeaders(place, input.random) },
  });
}

/** Draws other first replicas for about half of the pipeline's partitions, then lets those lead, in one election. */
export async function moveSomeLeaders({ bed, cluster }: ClusterBed, random: () => number): Promise<string> {
  const topics = await cluster.admin.topics(bed.prefix);
  const moves = topics.flatMap(({ topic, partitions }) =>
    partitions
      .filter(() => random() < 0.5)
      .map(({ partition, leader, replicas }) => {
        const [nodeId] = shuffled(
          replicas.filter((id) => id !== leader),
          random,
        );
        return { topic, partition, nodeId: nodeId! };
      }),
  );
  await cluster.admin.moveLeaders(moves);
  return `${moves.length} partitions got another leader`;
}
