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
    fault: { rounds: elections, inject: () => moveSomeLeaders(place, input.random) },
  });
}

/**
 * Draws other first replicas for some of the pipeline's partitions, then lets those lead, in one election. Every other time
 * it is few partitions: then most brokers have a request that is right and answered while another one is refused.
 */
export async function moveSomeLeaders({ bed, cluster }: ClusterBed, random: () => number): Promise<string> {
  const all = (await cluster.admin.topics(bed.prefix)).flatMap(({ topic, partitions }) =>
    partitions.map((state) => ({ topic, ...state })),
  );
  const chosen = shuffled(all, random).slice(0, random() < 0.5 ? Math.ceil(random() * 4) : all.length / 2);
  await cluster.admin.moveLeaders(
    chosen.map(({ topic, partition, leader, replicas }) => {
      const others = replicas.filter((id) => id !== leader);
      return { topic, partition, nodeId: shuffled(others, random)[0]! };
    }),
  );
  return `${chosen.length} partitions got another leader`;
}
