import type { Cluster, TopicPartition } from './cluster.ts';
import { nameOf } from './cluster.ts';
import { ERROR, type ErrorCode } from './errors.ts';

type Member = {
  id: string;
  protocol: string;
  metadata: Buffer;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  assignment: Buffer;
  /** Answers the JoinGroup that waits. */
  join?: (response: JoinResponse) => void;
  sync?: (response: SyncResponse) => void;
  cancelSession: () => void;
};

export type JoinResponse = {
  error: ErrorCode;
  generation: number;
  protocol: string;
  leader: string;
  member: string;
  members: { id: string; metadata: Buffer }[];
};
export type SyncResponse = { error: ErrorCode; assignment: Buffer };
export type Membership = { group: string; member: string; generation: number };
export type Committed = { offset: number; metadata: string | null };
export type Offset = TopicPartition & Committed;

type Group = {
  state: 'empty' | 'joining' | 'syncing' | 'stable';
  generation: number;
  leader: string;
  members: Map<string, Member>;
  /** Ids that were given to members which have not joined yet (KIP-394). */
  promised: Set<string>;
  cancelJoining: () => void;
  offsets: Map<string, Committed>;
  /** Of transactions that have not ended, by producer id. */
  pending: Map<number, Map<string, Committed>>;
  epochs: Map<number, number>;
};

const NONE = Buffer.alloc(0);
/** `group.initial.rebalance.delay.ms`, shorter than by default. */
const FIRST_JOIN_MS = 200;

/** Group coordinators: members with generations, and the offsets of groups, whichever broker coordinates them. */
export class Groups {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, Group>();
  #nextMember = 1;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  #group(name: string): Group {
    const known = this.#known.get(name);
    if (known) return known;
    const made: Group = {
      state: 'empty',
      generation: 0,
      leader: '',
      members: new Map(),
      promised: new Set(),
      cancelJoining: () => {},
      offsets: new Map(),
      pending: new Map(),
      epochs: new Map(),
    };
    this.#known.set(name, made);
    return made;
  }

  /** Whether a broker coordinates the group at the moment. */
  isServed(name: string): boolean {
    const cluster = this.#cluster;
    return !cluster.isLoading('groups') && cluster.gateOf(cluster.coordinatorOf('groups', name)).isOpen;
  }

  members(name: string): number {
    return this.#group(name).members.size;
  }
  committed(name: string, topicPartition: TopicPartition): Committed {
    return this.#group(name).offsets.get(nameOf(topicPartition)) ?? { offset: -1, metadata: null };
  }
  /** As Kafka does with the offsets of a group that was stopped for too long. */
  dropOffsets(name: string): void {
    this.#group(name).offsets.clear();
  }

  /** Another broker coordinates now: requests that wait at the former one are refused, and sessions begin again. */
  moved(): void {
    for (const [name, group] of this.#known) {
      for (const member of group.members.values()) {
        member.join?.(refuseJoin(ERROR.notCoordinator, member.id));
        member.sync?.({ error: ERROR.notCoordinator, assignment: NONE });
        delete member.join;
        delete member.sync;
        this.#keepAlive(name, group, member);
      }
      if (group.state === 'joining') this.#startJoining(name, group);
    }
  }

  join(
    name: string,
    given: Pick<Member, 'id' | 'protocol' | 'metadata' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs'>,
  ): Promise<JoinResponse> {
    const group = this.#group(name);
    if (given.id === '') {
      const id = `member-${this.#nextMember++}`;
      group.promised.add(id);
      return Promise.resolve(refuseJoin(ERROR.memberIdRequired, id));
    }
    const known = group.members.get(given.id);
    if (!known && !group.promised.delete(given.id)) return Promise.resolve(refuseJoin(ERROR.unknownMember, given.id));
    const isUnchanged = known?.protocol === given.protocol && known.metadata.equals(given.metadata);
    // A member that has to ask again does not disturb the others, unless it leads a group whose work is assigned.
    if (isUnchanged && (group.state === 'syncing' || (group.state === 'stable' && given.id !== group.leader))) {
      this.#keepAlive(name, group, known);
      return Promise.resolve(this.#joined(group, known));
    }
    const { promise, resolve } = Promise.withResolvers<JoinResponse>();
    known?.join?.(refuseJoin(ERROR.unknownMember, given.id));
    known?.cancelSession();
    group.members.set(given.id, { assignment: NONE, ...known, ...given, join: resolve, cancelSession: () => {} });
    if (group.state === 'joining') this.#completeJoining(name, group, false);
    else this.#startJoining(name, group);
    return promise;
  }

  #startJoining(name: string, group: Group): void {
    group.cancelJoining();
    const isFirst = group.members.size <= 1;
    group.state = 'joining';
    for (const member of group.members.values()) {
      member.sync?.({ error: ERROR.rebalanceInProgress, assignment: NONE });
      delete member.sync;
    }
    const waitMs = Math.max(...[...group.members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs), 0);
    group.cancelJoining = this.#cluster.time.schedule(isFirst ? FIRST_JOIN_MS : waitMs, () =>
      this.#completeJoining(name, group, true),
    );
    if (!isFirst) this.#completeJoining(name, group, false);
  }

  /** Ends the phase when all members have joined again, or at its limit without those that have not. */
  #completeJoining(name: string, group: Group, isLate: boolean): void {
    const joined = [...group.members.values()].filter(({ join }) => join);
    if (!isLate && (joined.length < group.members.size || group.members.size <= 1)) return;
    group.cancelJoining();
    for (const member of group.members.values()) {
      if (member.join) continue;
      member.cancelSession();
      group.members.delete(member.id);
    }
    const [first] = joined;
    if (!first) {
      group.state = 'empty';
      return;
    }
    group.state = 'syncing';
    group.generation += 1;
    if (!group.members.has(group.leader)) group.leader = first.id;
    for (const member of joined) {
      const { join } = member;
      delete member.join;
      this.#keepAlive(name, group, member);
      join?.(this.#joined(group, member));
    }
  }

  #joined({ generation, leader, members }: Group, { id, protocol }: Member): JoinResponse {
    return {
      error: ERROR.none,
      generation,
      protocol,
      leader,
      member: id,
      members: id === leader ? [...members.values()].map((each) => ({ id: each.id, metadata: each.metadata })) : [],
    };
  }

  sync(
    { group: name, member: id, generation }: Membership,
    assignments: { id: string; assignment: Buffer }[],
  ): Promise<SyncResponse> {
    const refuse = (error: ErrorCode) => Promise.resolve({ error, assignment: NONE });
    const group = this.#group(name);
    const member = group.members.get(id);
    if (!member) return refuse(ERROR.unknownMember);
    if (generation !== group.generation) return refuse(ERROR.illegalGeneration);
    if (group.state === 'joining') return refuse(ERROR.rebalanceInProgress);
    this.#keepAlive(name, group, member);
    if (group.state === 'stable') return Promise.resolve({ error: ERROR.none, assignment: member.assignment });
    const { promise, resolve } = Promise.withResolvers<SyncResponse>();
    member.sync = resolve;
    if (id === group.leader) {
      group.state = 'stable';
      const given = new Map(assignments.map((each) => [each.id, each.assignment]));
      for (const each of group.members.values()) {
        each.assignment = given.get(each.id) ?? NONE;
        each.sync?.({ error: ERROR.none, assignment: each.assignment });
        delete each.sync;
      }
    }
    return promise;
  }

  heartbeat(membership: Membership): ErrorCode {
    const found = this.#find(membership);
    if (typeof found === 'number') return found;
    this.#keepAlive(membership.group, found.group, found.member);
    return found.group.state === 'joining' ? ERROR.rebalanceInProgress : ERROR.none;
  }

  leave(name: string, id: string): ErrorCode {
    const group = this.#group(name);
    const member = group.members.get(id);
    if (!member) return ERROR.unknownMember;
    this.#remove(name, group, member);
    return ERROR.none;
  }

  commit(membership: Membership, offsets: readonly Offset[]): ErrorCode {
    const found = this.#find(membership);
    if (typeof found === 'number') return found;
    if (found.group.state === 'syncing') return ERROR.rebalanceInProgress;
    this.#keepAlive(membership.group, found.group, found.member);
    for (const each of offsets) found.group.offsets.set(nameOf(each), each);
    return ERROR.none;
  }

  /** Takes the offsets of a transaction. As brokers do for clients that send no generation, it looks at the producer only. */
  commitInTransaction(
    name: string,
    { producerId, epoch }: { producerId: number; epoch: number },
    offsets: readonly Offset[],
  ): ErrorCode {
    const group = this.#group(name);
    if (epoch < (group.epochs.get(producerId) ?? 0)) return ERROR.invalidProducerEpoch;
    group.epochs.set(producerId, epoch);
    const pending = group.pending.get(producerId) ?? new Map<string, Committed>();
    for (const each of offsets) pending.set(nameOf(each), each);
    group.pending.set(producerId, pending);
    return ERROR.none;
  }

  writeMarker(
    name: string,
    { producerId, epoch, isCommit }: { producerId: number; epoch: number; isCommit: boolean },
  ): void {
    const group = this.#group(name);
    if (epoch < (group.epochs.get(producerId) ?? 0)) return;
    group.epochs.set(producerId, epoch);
    const pending = group.pending.get(producerId) ?? new Map<string, Committed>();
    group.pending.delete(producerId);
    if (isCommit) for (const [partition, committed] of pending) group.offsets.set(partition, committed);
  }

  #find({ group: name, member: id, generation }: Membership): { group: Group; member: Member } | ErrorCode {
    const group = this.#group(name);
    const member = group.members.get(id);
    if (!member) return ERROR.unknownMember;
    return generation === group.generation ? { group, member } : ERROR.illegalGeneration;
  }

  #keepAlive(name: string, group: Group, member: Member): void {
    member.cancelSession();
    member.cancelSession = this.#cluster.time.schedule(member.sessionTimeoutMs, () => {
      // Nobody is expired while the coordinator is away, nor while it keeps the member waiting.
      if (!this.isServed(name) || member.join) this.#keepAlive(name, group, member);
      else this.#remove(name, group, member);
    });
  }

  #remove(name: string, group: Group, member: Member): void {
    member.cancelSession();
    member.join?.(refuseJoin(ERROR.unknownMember, member.id));
    member.sync?.({ error: ERROR.unknownMember, assignment: NONE });
    group.members.delete(member.id);
    if (group.members.size === 0) {
      group.cancelJoining();
      group.state = 'empty';
    } else if (group.state === 'joining') this.#completeJoining(name, group, false);
    else this.#startJoining(name, group);
  }
}

const refuseJoin = (error: ErrorCode, member: string): JoinResponse => ({
  error,
  generation: -1,
  protocol: '',
  leader: '',
  member,
  members: [],
});
