import fc from 'fast-check';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import { BROKERS } from './cluster/cluster.ts';
import { COPIES, GROUP, INPUT, OUTPUT } from './instance.ts';
import { FOLLOWER_READS_MS, type Run, type Script } from './run-script.ts';

/** Whose leaders move. */
export const LED_TOPICS: readonly TopicSpec[] = [INPUT, OUTPUT, COPIES, TOPICS.inputOffsets];

/** Requests of which one may be lost, by their API keys. */
const API = {
  Produce: 0,
  JoinGroup: 11,
  Heartbeat: 12,
  SyncGroup: 14,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

/** What may go wrong. `worker` is 0 or 1; `ms` is how long it lasts. */
export type Fault =
  /** The process ends at once, and another one is started a little later. */
  | { kind: 'crash'; worker: number; ms: number }
  /** It is stopped in order, and another one is started a little later. */
  | { kind: 'restart'; worker: number; ms: number }
  /** The process stands still (SIGSTOP): another one takes its partitions, and it goes on without knowing. */
  | { kind: 'freeze'; worker: number; ms: number }
  /** A third instance joins, and leaves again: the group rebalances in the middle of a batch. */
  | { kind: 'visit'; ms: number }
  | { kind: 'moveLeader'; topic: number; partition: number; broker: number }
  /** A partition of the table moves to a leader that reports an older end for so long, as a former leader may. */
  | { kind: 'lagTable'; partition: number; broker: number; by: number; ms: number }
  | { kind: 'moveGroups'; by: number; loadingMs: number }
  | { kind: 'moveTransactions'; by: number; loadingMs: number }
  /** The broker answers nothing. After nine seconds others lead its partitions. */
  | { kind: 'freezeBroker'; broker: number; ms: number }
  /** The broker answers nothing any more, until the run ends. */
  | { kind: 'loseBroker'; broker: number }
  /** The worker does not reach the broker that coordinates its group any more, until the run ends. Others have to do its work. */
  | { kind: 'cutOff'; worker: number }
  /** Requests are late: they arrive when it is over, even if their client has gone. */
  | { kind: 'holdRequests'; worker: number; broker: number; ms: number }
  | { kind: 'holdResponses'; worker: number; broker: number; ms: number }
  /** Connections end. What was on its way back is lost. */
  | { kind: 'reset'; worker: number; broker: number }
  /** The next request of this kind is lost with its connection, or its response is. */
  | { kind: 'lose'; what: 'request' | 'response'; api: keyof typeof API; worker: number }
  /** An unclean election drops the end of a partition of the input: its offsets are given to other messages. */
  | { kind: 'loseInput'; partition: number; count: number }
  /** The same of a partition of the output, which is read by a member that reads it again. */
  | { kind: 'loseOutput'; partition: number; count: number }
  /** The brokers forget the offsets of the group, as after a stop of seven days. */
  | { kind: 'dropOffsets' }
  /** A table's process stands still while its topic is created again, and gets `more` messages than the `before` that it had. */
  | { kind: 'createAgain'; before: number; more: number; ms: number };

const worker = fc.nat(1);
const broker = fc.constantFrom(...BROKERS);
const by = fc.constantFrom(1, 2);
const loadingMs = fc.nat(800);
const heldMs = fc.integer({ min: 200, max: 20_000 });

export const FAULTS = {
  crash: fc.record({ kind: fc.constant('crash'), worker, ms: fc.nat(3_000) }),
  restart: fc.record({ kind: fc.constant('restart'), worker, ms: fc.nat(3_000) }),
  freeze: fc.record({ kind: fc.constant('freeze'), worker, ms: fc.integer({ min: 1_000, max: 20_000 }) }),
  visit: fc.record({ kind: fc.constant('visit'), ms: fc.integer({ min: 1_000, max: 8_000 }) }),
  moveLeader: fc.record({ kind: fc.constant('moveLeader'), topic: fc.nat(3), partition: fc.nat(5), broker }),
  lagTable: fc.record({
    kind: fc.constant('lagTable'),
    partition: fc.nat(5),
    broker,
    by: fc.integer({ min: 3, max: 12 }),
    ms: fc.integer({ min: 5_000, max: 15_000 }),
  }),
  moveGroups: fc.record({ kind: fc.constant('moveGroups'), by, loadingMs }),
  moveTransactions: fc.record({ kind: fc.constant('moveTransactions'), by, loadingMs }),
  freezeBroker: fc.record({ kind: fc.constant('freezeBroker'), broker, ms: fc.integer({ min: 500, max: 20_000 }) }),
  loseBroker: fc.record({ kind: fc.constant('loseBroker'), broker }),
  cutOff: fc.record({ kind: fc.constant('cutOff'), worker }),
  holdRequests: fc.record({ kind: fc.constant('holdRequests'), worker, broker, ms: heldMs }),
  holdResponses: fc.record({ kind: fc.constant('holdResponses'), worker, broker, ms: heldMs }),
  reset: fc.record({ kind: fc.constant('reset'), worker, broker }),
  lose: fc.record({
    kind: fc.constant('lose'),
    what: fc.constantFrom('request', 'response'),
    api: fc.constantFrom(...(Object.keys(API) as (keyof typeof API)[])),
    worker,
  }),
  loseInput: fc.record({
    kind: fc.constant('loseInput'),
    partition: fc.nat(2),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  loseOutput: fc.record({
    kind: fc.constant('loseOutput'),
    partition: fc.nat(5),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  dropOffsets: fc.record({ kind: fc.constant('dropOffsets') }),
  createAgain: fc.record({
    kind: fc.constant('createAgain'),
    before: fc.integer({ min: 1, max: 5 }),
    more: fc.nat(5),
    ms: fc.integer({ min: 1_000, max: 20_000 }),
  }),
} satisfies { [Kind in Fault['kind']]: fc.Arbitrary<Fault> };

/** Scripts with some of the faults, each as often as it is named. */
export const scriptOf = (kinds: readonly Fault['kind'][], most: number): fc.Arbitrary<Script> =>
  fc.record({
    seed: fc.nat(),
    faults: fc.array(
      fc.record({ atMs: fc.nat(10_000), fault: fc.oneof(...kinds.map((kind): fc.Arbitrary<Fault> => FAULTS[kind])) }),
      { minLength: 1, maxLength: most },
    ),
  });

/** A cut-off worker would keep its partitions if the coordinator moved to a broker that it reaches. */
const ANY = (Object.keys(FAULTS) as Fault['kind'][]).filter((kind) => kind !== 'cutOff');
export const anyScript = scriptOf([...ANY, 'moveLeader', 'moveLeader'], 6);

const CUT_OFF_MS = 45_000;

/** Causes a fault now, and notes until when it lasts. */
export function inject(run: Run, fault: Fault): void {
  const { time, cluster, network, workers } = run;
  run.say(JSON.stringify(fault));
  const last = (ms: number, end: () => void) => {
    run.faultsUntil = Math.max(run.faultsUntil, time.now + ms);
    time.schedule(ms, end);
  };
  const target = 'worker' in fault ? workers[fault.worker]! : workers[0]!;
  switch (fault.kind) {
    case 'crash':
      target.process.isKilled = true;
      last(fault.ms, () => {
        // Another fault may have replaced it meanwhile.
        if (workers[fault.worker] === target) run.startWorker(fault.worker);
      });
      return;
    case 'restart':
      void target.stop().then(
        () => {},
        () => {},
      );
      last(fault.ms + 8_000, () => {
        target.process.isKilled = true;
        if (workers[fault.worker] === target) run.startWorker(fault.worker);
      });
      return;
    case 'freeze':
      target.process.frozenUntil = Math.max(target.process.frozenUntil, time.now + fault.ms);
      last(fault.ms, () => {});
      return;
    case 'visit': {
      const at = workers.length;
      run.startWorker(at);
      const visitor = workers[at]!;
      last(fault.ms + 8_000, () => {
        visitor.process.isKilled = true;
        workers.splice(workers.indexOf(visitor), 1);
      });
      time.schedule(fault.ms, () => void visitor.stop().catch(() => {}));
      return;
    }
    case 'moveLeader': {
      const { name, partitions } = LED_TOPICS[fault.topic]!;
      cluster.moveLeader({ topic: name, partition: fault.partition % partitions }, fault.broker);
      return;
    }
    case 'lagTable': {
      const { name, partitions } = TOPICS.inputOffsets;
      cluster.moveLeader({ topic: name, partition: fault.partition % partitions }, fault.broker, fault);
      last(fault.ms, () => {});
      return;
    }
    case 'moveGroups':
    case 'moveTransactions':
      cluster.moveCoordinators(fault.kind === 'moveGroups' ? 'groups' : 'transactions', fault);
      last(fault.loadingMs, () => {});
      return;
    case 'freezeBroker':
      last(fault.ms, cluster.freeze(fault.broker));
      return;
    case 'loseBroker':
      // With one broker of three the cluster could not go on.
      if (!run.hasLostBroker) cluster.freeze(fault.broker);
      run.hasLostBroker = true;
      return;
    case 'cutOff': {
      run.excused.add(target);
      const coordinator = cluster.coordinatorOf('groups', GROUP);
      network.link(target.process.name, coordinator).requests.close();
      // By then it has lost its group, and found out that its lanes are fenced.
      last(CUT_OFF_MS, () => {});
      return;
    }
    case 'holdRequests':
    case 'holdResponses': {
      const direction = fault.kind === 'holdRequests' ? 'requests' : 'responses';
      last(fault.ms, network.hold(direction, target.process.name, fault.broker));
      return;
    }
    case 'reset':
      network.reset(target.process.name, fault.broker);
      return;
    case 'lose':
      network.loseNext({ what: fault.what, apiKey: API[fault.api], process: target.process.name });
      return;
    case 'loseInput':
      run.loseInput(fault.partition, fault.count);
      // Longer than consumers and lanes take to be sure.
      last(10_000, () => {});
      return;
    case 'loseOutput':
      run.loseOutput(fault.partition, fault.count);
      last(10_000, () => {});
      return;
    case 'dropOffsets':
      cluster.groups.dropOffsets(GROUP);
      return;
    case 'createAgain':
      run.createAgain(fault);
      last(FOLLOWER_READS_MS + fault.ms, () => {});
      return;
    default:
      fault satisfies never;
  }
}
