import type { VirtualTime } from '../virtual-time.ts';
import { Gate } from './gate.ts';
import { Groups } from './groups.ts';
import { PartitionLog } from './partition-log.ts';
import { Transactions } from './transactions.ts';

export const BROKERS = [1, 2, 3] as const;
/** After this time without a sign of life the controller takes a broker for dead (`broker.session.timeout.ms`). */
const BROKER_SESSION_MS = 9_000;

export type TopicPartition = { topic: string; partition: number };
export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

type Partition = {
  log: PartitionLog;
  leader: number;
  /** What brokers tell clients, until the word has spread. */
  told: { leader: number; until: number };
  /** The end that a new leader reports until its followers have fetched once. */
  late: { end: number; until: number };
};

type CoordinatorKind = 'groups' | 'transactions';

/** What one cluster of brokers holds. The state is shared: a broker answers from it if it leads, or refuses. */
export class Cluster {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly groups: Groups;
  readonly transactions: Transactions;
  #topicsCreated = 0;
  readonly #topics = new Map<string, { id: string; partitions: Partition[] }>();
  readonly #brokers = new Map(BROKERS.map((id) => [id as number, { gate: new Gate(), isRegistered: true }]));
  readonly #coordinators: Record<CoordinatorKind, { shift: number; loadingUntil: number }> = {
    groups: { shift: 0, loadingUntil: 0 },
    transactions: { shift: 1, loadingUntil: 0 },
  };

  constructor({ time, random }: { time: VirtualTime; random: () => number }) {
    this.time = time;
    this.random = random;
    this.groups = new Groups(this);
    this.transactions = new Transactions(this);
  }

  /** A whole number up to a bound, which is included. */
  upTo(bound: number): number {
    return Math.floor(this.random() * (bound + 1));
  }

  /** How long something takes, ms: short as a rule, and now and then much longer. */
  takes(most: number): number {
    return 0.1 + this.random() * (this.random() < 0.1 ? 15 * most : most);
  }

  /**
   * The brokers lead its partitions in turn, beginning with another one for each topic. A topic that is there already is deleted first:
   * the new one has another id, and nothing of the former one.
   */
  createTopic(name: string, partitions: number): void {
    const at = this.#topicsCreated++;
    const none = { until: 0 };
    this.#topics.set(name, {
      id: String(at + 1).padStart(32, '0'),
      partitions: Array.from({ length: partitions }, (_, partition) => {
        const leader = BROKERS[(at + partition) % BROKERS.length]!;
        return { log: new PartitionLog(), leader, told: { leader, ...none }, late: { end: 0, ...none } };
      }),
    });
  }

  topicId(name: string): string | undefined {
    return this.#topics.get(name)?.id;
  }
  partitionsOf(topic: string): number {
    return this.#topics.get(topic)?.partitions.length ?? 0;
  }
  log({ topic, partition }: TopicPartition): PartitionLog {
    return this.#partition({ topic, partition })!.log;
  }
  #partition({ topic, partition }: TopicPartition): Partition | undefined {
    return this.#topics.get(topic)?.partitions[partition];
  }

  leads(broker: number, topicPartition: TopicPartition): boolean {
    return this.#partition(topicPartition)?.leader === broker;
  }
  leaderOf(topicPartition: TopicPartition): number {
    return this.#partition(topicPartition)!.leader;
  }
  /** The leader as clients are told. */
  toldLeader(topicPartition: TopicPartition): number {
    const { leader, told } = this.#partition(topicPartition)!;
    return this.time.now < told.until ? told.leader : leader;
  }
  /** The ends that the leader reports. */
  endsOf(topicPartition: TopicPartition): { end: number; lastStable: number } {
    const { log, late } = this.#partition(topicPartition)!;
    const end = this.time.now < late.until ? Math.min(late.end, log.end) : log.end;
    return { end, lastStable: Math.min(end, log.lastStable) };
  }

  /**
   * Its log stays whole, but for a moment the new leader may report an older end, and brokers may name the old leader.
   * @param late By how many messages its end is older, and how long it reports that. Default: drawn.
   */
  moveLeader(topicPartition: TopicPartition, to: number, late?: { by: number; ms: number }): void {
    const each = this.#partition(topicPartition)!;
    // Nobody elects a broker that is taken for dead.
    if (each.leader === to || !this.registered().includes(to)) return;
    const { now } = this.time;
    each.told = { leader: each.leader, until: now + this.upTo(300) };
    each.late = {
      end: Math.max(0, each.log.end - (late?.by ?? this.upTo(3))),
      until: now + (late?.ms ?? this.upTo(1_500)),
    };
    each.leader = to;
    each.log.beginEpoch();
  }

  coordinatorOf(kind: CoordinatorKind, key: string): number {
    // The ids of groups that only one consumer joins end with a random part, which must not decide.
    const name = key.replace(/\.[0-9a-f-]{36}$/, '');
    const hash = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9_973, 7);
    const registered = this.registered();
    const candidates = registered.length > 0 ? registered : [...BROKERS];
    const first = BROKERS[(hash + this.#coordinators[kind].shift) % BROKERS.length]!;
    return candidates.includes(first) ? first : candidates[hash % candidates.length]!;
  }
  isLoading(kind: CoordinatorKind): boolean {
    return this.time.now < this.#coordinators[kind].loadingUntil;
  }
  /** Moves all coordinators of a kind to other brokers, which read their state first. */
  moveCoordinators(kind: CoordinatorKind, { by = 1, loadingMs }: { by?: number; loadingMs: number }): void {
    this.#coordinators[kind].shift += by;
    this.#takeOver(kind, loadingMs);
  }
  #takeOver(kind: CoordinatorKind, loadingMs: number): void {
    this.#coordinators[kind].loadingUntil = this.time.now + loadingMs;
    if (kind === 'groups') this.groups.moved();
  }

  gateOf(broker: number): Gate {
    return this.#brokers.get(broker)!.gate;
  }
  registered(): number[] {
    return BROKERS.filter((id) => this.#brokers.get(id)!.isRegistered);
  }
  /** The broker answers nothing until it is thawed. After its session others lead its partitions. */
  freeze(broker: number): () => void {
    const state = this.#brokers.get(broker)!;
    const open = state.gate.close();
    let isOver = false;
    this.time.schedule(BROKER_SESSION_MS, () => {
      if (isOver || this.registered().length === 1) return;
      state.isRegistered = false;
      const others = this.registered();
      for (const [topic, { partitions }] of this.#topics) {
        for (const [partition, { leader }] of partitions.entries()) {
          if (leader === broker) this.moveLeader({ topic, partition }, others[partition % others.length]!);
        }
      }
      this.#takeOver('groups', this.upTo(500));
      this.#takeOver('transactions', this.upTo(500));
    });
    return () => {
      isOver = true;
      open();
      if (state.isRegistered || !state.gate.isOpen) return;
      state.isRegistered = true;
      // What it coordinates comes back to it.
      for (const kind of ['groups', 'transactions'] as const) this.#takeOver(kind, this.upTo(500));
    };
  }
}
