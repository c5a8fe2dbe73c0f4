import type { KafkaRelease } from '../../stack/kafka.ts';
import { type Row, rowsIn } from '../campaign/row.ts';
import type { Campaign } from '../campaign/run-campaign.ts';
import { type LiveStack, openLiveStack } from '../harness/live-stack.ts';
import type { TestBed } from '../harness/pipeline.ts';
import type { Say } from '../harness/say.ts';
import type { ClusterRowInput } from './cluster/cluster-bed.ts';
import { runCoordinatorMoves, runLoadingOnce } from './cluster/coordinators.ts';
import { runCutOff } from './cluster/cut-off.ts';
import { runPreferredElections } from './cluster/elections.ts';
import { runExpiredOffsets } from './cluster/expired-offsets.ts';
import { runFaultFree } from './cluster/fault-free.ts';
import { runLongFreezes, runShortFreezes } from './cluster/freezes.ts';
import { runMixedFaults } from './cluster/mixed.ts';
import { runLeaderKills, runRollingRestarts, runTwoKilled } from './cluster/restarts.ts';
import { runUncleanElection } from './cluster/unclean.ts';
import { runUpgrade, UPGRADED_FROM } from './cluster/upgrade.ts';
import { openCounter } from './count/count-occurrences.ts';
import { openFaultBed } from './fault-bed.ts';
import { FAULT_PAGE, type FaultRun } from './page.ts';
import type { FaultInput, ReadTopics, RowFigures } from './row.ts';
import { runArrivals } from './rows/arrivals.ts';
import { runBrokerFaults } from './rows/broker.ts';
import { AS_CREATED, OTHER_KINDS, runOnTopics, type TopicKind } from './rows/broker-kinds.ts';
import { runCallbacks } from './rows/callbacks.ts';
import { runClickHouseAway, runCutInserts } from './rows/clickhouse.ts';
import { runEvidenceFull, runSpoolFull } from './rows/disk.ts';
import { runFreezes } from './rows/freezes.ts';
import { runKafkaAwayAtGateway } from './rows/gateway.ts';
import { runHandovers } from './rows/handovers.ts';
import { runKills } from './rows/kills.ts';
import { runQccFaults } from './rows/qcc.ts';
import { runRegistryAway } from './rows/registry.ts';

/** How much a row does, and how much with `--short`. */
type Amounts<Name extends string> = Readonly<Record<Name, readonly [whole: number, short: number]>>;

const amountsOf = <Name extends string>(amounts: Amounts<Name>, short: boolean) =>
  Object.fromEntries(
    Object.entries<readonly [number, number]>(amounts).map(([name, [whole, few]]) => [name, short ? few : whole]),
  ) as Record<Name, number>;

type NodePlace = { stack: LiveStack };

/** A row on one broker: it shares the stack and has separate names in it. */
const onOne = <Name extends string>(
  name: string,
  title: string,
  run: (bed: TestBed, input: NodePlace & FaultInput<NoInfer<Name>>) => Promise<RowFigures>,
  amounts: Amounts<Name>,
): Row<NodePlace, RowFigures> => ({
  name,
  title,
  async run({ stack, seed, random, short, say }) {
    await using bed = await openFaultBed(stack.env, { seed });
    return await run(bed, { stack, random: random.fraction, say, ...amountsOf(amounts, short) });
  },
});

type ClusterPlace = Pick<ClusterRowInput, 'endpoints' | 'readTopics'>;

/** A row on three brokers, which start for this row alone. */
const onThree = <Name extends string>(
  name: string,
  title: string,
  run: (input: ClusterRowInput, amounts: Record<NoInfer<Name>, number>) => Promise<RowFigures>,
  amounts: Amounts<Name>,
): Row<ClusterPlace, RowFigures> => ({
  name: `cluster-${name}`,
  title: `three brokers: ${title}`,
  run: ({ random, short, ...input }) => run({ ...input, random: random.fraction }, amountsOf(amounts, short)),
});

const progress: Say = (line) => console.log(line);

const openNodePlace = async (scope: AsyncDisposableStack): Promise<NodePlace> => ({
  stack: scope.use(await openLiveStack(progress)),
});

const ON_ONE_BROKER = rowsIn(openNodePlace, [
  onOne('kills', 'kill -9 at named points', runKills, { kills: [200, 30] }),
  onOne('freezes', 'SIGSTOP past the session, SIGCONT', runFreezes, { freezes: [10, 3] }),
  onOne('handovers', 'one of two instances leaves and comes back', runHandovers, { rounds: [5, 2] }),
  onOne('broker', 'broker: kill -9 and SIGSTOP for 20 s', runBrokerFaults, { times: [5, 1] }),
  onOne('clickhouse-away', 'ClickHouse away', runClickHouseAway, {
    records: [200_000, 20_000],
    awayMs: [300_000, 20_000],
  }),
  onOne('clickhouse-cuts', 'answer of an insert lost', runCutInserts, { cuts: [100, 20] }),
  onOne('registry', 'registry away, warm and cold', runRegistryAway, {}),
  onOne('gateway', 'Kafka away at the gateway', runKafkaAwayAtGateway, { awayMs: [120_000, 45_000] }),
  onOne('qcc', 'QCC: 5xx, time-outs, resets, 205, a quota, a stop', runQccFaults, {
    lookups: [5_000, 500],
    opensInMs: [120_000, 60_000],
  }),
  onOne('callbacks', 'callbacks ten times, shuffled, old orders after new ones, replays in between', runCallbacks, {
    cases: [200, 20],
  }),
  onOne(
    'arrivals',
    'rows and facts at the sink ten times, shuffled, in other batches',
    (bed, { random, say }) => runArrivals(bed.stack.CLICKHOUSE_URL, { seed: Math.floor(random() * 2 ** 31), say }),
    {},
  ),
  onOne('disk', 'disk full in the spool', runSpoolFull, {}),
  onOne('evidence-disk', 'disk full in the archive', runEvidenceFull, {}),
]);

async function openCounterOrFail(): Promise<ReadTopics> {
  const readTopics = await openCounter(progress);
  if ('absent' in readTopics) throw new Error(`this row is counted in Python, and ${readTopics.absent}`);
  return readTopics;
}

async function openClusterPlace(scope: AsyncDisposableStack): Promise<ClusterPlace> {
  const readTopics = await openCounterOrFail();
  const stack = scope.use(await openLiveStack(progress, ['registry', 'clickhouse']));
  return { endpoints: stack.env, readTopics };
}

const RELEASES: readonly { release: KafkaRelease; version: string; about: string; kinds: readonly TopicKind[] }[] = [
  { release: 'kafka-3.9', version: '3.9', about: ', classic group coordinator', kinds: [AS_CREATED, ...OTHER_KINDS] },
  // All other rows run on it, with the topics as the services create them.
  { release: 'kafka', version: '4.3', about: '', kinds: OTHER_KINDS },
];

const ON_EACH_RELEASE = RELEASES.map(({ release, version, about, kinds }) =>
  rowsIn(
    async (scope) => {
      const readTopics = await openCounterOrFail();
      return { readTopics, stack: scope.use(await openLiveStack(progress, undefined, release)) };
    },
    kinds.map(
      (kind): Row<NodePlace & { readTopics: ReadTopics }, RowFigures> => ({
        name: `kafka-${version.replace('.', '-')}${kind.name && `-${kind.name}`}`,
        title: `Kafka ${version}${about}${kind.title}: kill -9 at named points`,
        async run({ stack, readTopics, seed, random, short, say }) {
          await using bed = await openFaultBed(stack.env, { seed });
          return await runOnTopics(bed, {
            ...amountsOf({ kills: [36, 6] }, short),
            config: kind.config,
            readTopics,
            random: random.fraction,
            say,
          });
        },
      }),
    ),
  ),
);

const ON_THREE_BROKERS = rowsIn(openClusterPlace, [
  onThree('fault-free', 'no fault', runFaultFree, { orders: [12, 3], records: [5_000, 5_000] }),
  onThree('elections', 'preferred election in the middle of an order', runPreferredElections, { elections: [30, 4] }),
  onThree('rolling', 'rolling restart by SIGTERM', runRollingRestarts, { rounds: [4, 1] }),
  onThree('kills', 'kill -9 of the one that leads most', runLeaderKills, { kills: [15, 2] }),
  onThree('freezes', 'SIGSTOP of one for 30 s', runShortFreezes, { freezes: [5, 1] }),
  onThree('long-freezes', 'SIGSTOP of each for 150 s, with rows moving', runLongFreezes, { freezes: [3, 1] }),
  onThree('two-killed', 'two killed, then back', runTwoKilled, { rounds: [5, 1] }),
  onThree('coordinators', 'group and transaction coordinators moved apart', runCoordinatorMoves, { rounds: [10, 2] }),
  onThree('loading', 'JoinGroup answered "loading" once', runLoadingOnce, { rounds: [9, 3] }),
  onThree('mixed', 'elections, killed leaders and moved coordinators, drawn', runMixedFaults, { rounds: [15, 3] }),
  onThree('unclean', 'an unclean election', runUncleanElection, {}),
  onThree('offsets-expired', 'group offsets expired while everything was stopped', runExpiredOffsets, {
    times: [1, 1],
  }),
  onThree('cut-off', 'one cut off from the services in one direction for 60 s', runCutOff, { cuts: [4, 1] }),
  onThree('upgrade', `upgrade from ${UPGRADED_FROM} and back, with a backlog`, runUpgrade, { times: [1, 1] }),
]);

/** Faults of the real stack and the four services. */
export const FAULT_CAMPAIGN: Campaign<RowFigures, FaultRun> = {
  name: 'chaos',
  help: { all: 'all rows; about three hours', short: 'fewer faults' },
  draw: { seed: 'campaign', of: 'points and pauses' },
  groups: [ON_ONE_BROKER, ...ON_EACH_RELEASE, ON_THREE_BROKERS],
  page: FAULT_PAGE,
  toRun: ({ title }, figures) => ({ row: title, ...figures }),
  holds: ({ lost, doubled, wrong, stuck, problems }) => lost + doubled + wrong + stuck === 0 && problems.length === 0,
  show: (figures) => figures,
};
