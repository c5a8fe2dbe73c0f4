import type { Cluster, TopicPartition } from './cluster.ts';
import { nameOf } from './cluster.ts';
import { ERROR, type ErrorCode } from './errors.ts';

type Member = { kind: 'partition'; topicPartition: TopicPartition } | { kind: 'group'; group: string };

type Transactional = {
  producerId: number;
  epoch: number;
  state: 'empty' | 'ongoing' | 'preparingCommit' | 'preparingAbort' | 'committed' | 'aborted';
  /** The coordinator writes a change of the state, and takes no other one meanwhile. */
  isWriting: boolean;
  members: Map<string, Member>;
  timeoutMs: number;
  /** Cancels the timeout of the transaction. */
  cancelTimeout: () => void;
};

export type Producer = { id: string; producerId: number; epoch: number };

const WRITE_MS = 8;
const MARKER_MS = 20;
const RETRY_MS = 50;

/** Transaction coordinators (KIP-98): one state for each transactional id, whichever broker coordinates it. */
export class Transactions {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, Transactional>();
  #nextProducerId = 1;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Ends the transaction of an older producer first: it is aborted with a greater epoch, which makes that producer unusable. */
  async initProducer(
    id: string | null,
    timeoutMs: number,
  ): Promise<{ error: ErrorCode; producerId: number; epoch: number }> {
    const refuse = (error: ErrorCode) => ({ error, producerId: -1, epoch: -1 });
    if (id === null) return { error: ERROR.none, producerId: this.#nextProducerId++, epoch: 0 };
    const known = this.#known.get(id);
    if (!known) {
      const made: Transactional = {
        producerId: this.#nextProducerId++,
        epoch: 0,
        state: 'empty',
        isWriting: false,
        members: new Map(),
        timeoutMs,
        cancelTimeout: () => {},
      };
      this.#known.set(id, made);
      await this.#write(made);
      return { error: ERROR.none, producerId: made.producerId, epoch: made.epoch };
    }
    if (known.isWriting) return refuse(ERROR.concurrentTransactions);
    switch (known.state) {
      case 'ongoing':
        known.epoch += 1;
        void this.#end(id, known, false);
        return refuse(ERROR.concurrentTransactions);
      case 'preparingCommit':
      case 'preparingAbort':
        return refuse(ERROR.concurrentTransactions);
      default: {
        known.epoch += 1;
        known.state = 'empty';
        known.timeoutMs = timeoutMs;
        const { producerId, epoch } = known;
        await this.#write(known);
        return { error: ERROR.none, producerId, epoch };
      }
    }
  }

  addPartitions(producer: Producer, topicPartitions: readonly TopicPartition[]): Promise<ErrorCode> {
    return this.#add(
      producer,
      topicPartitions.map((topicPartition) => [nameOf(topicPartition), { kind: 'partition', topicPartition }]),
    );
  }
  addOffsets(producer: Producer, group: string): Promise<ErrorCode> {
    return this.#add(producer, [[`group ${group}`, { kind: 'group', group }]]);
  }

  async #add(producer: Producer, members: (readonly [string, Member])[]): Promise<ErrorCode> {
    const known = this.#find(producer);
    if (typeof known === 'number') return known;
    if (known.isWriting || known.state.startsWith('preparing')) return ERROR.concurrentTransactions;
    if (known.state === 'ongoing' && members.every(([name]) => known.members.has(name))) return ERROR.none;
    if (known.state !== 'ongoing') {
      known.state = 'ongoing';
      known.members = new Map();
      known.cancelTimeout = this.#cluster.time.schedule(known.timeoutMs, () => this.#timeOut(producer.id, known));
    }
    for (const [name, member] of members) known.members.set(name, member);
    await this.#write(known);
    return ERROR.none;
  }

  async end(producer: Producer, isCommit: boolean): Promise<ErrorCode> {
    const known = this.#find(producer);
    if (typeof known === 'number') return known;
    if (known.isWriting) return ERROR.concurrentTransactions;
    switch (known.state) {
      case 'ongoing':
        await this.#end(producer.id, known, isCommit);
        return ERROR.none;
      case 'preparingCommit':
      case 'committed':
        if (!isCommit) return ERROR.invalidTransactionState;
        return known.state === 'committed' ? ERROR.none : ERROR.concurrentTransactions;
      case 'preparingAbort':
      case 'aborted':
        if (isCommit) return ERROR.invalidTransactionState;
        return known.state === 'aborted' ? ERROR.none : ERROR.concurrentTransactions;
      default:
        return ERROR.invalidTransactionState;
    }
  }

  #find({ id, producerId, epoch }: Producer): Transactional | ErrorCode {
    const known = this.#known.get(id);
    if (known?.producerId !== producerId) return ERROR.invalidProducerIdMapping;
    return known.epoch === epoch ? known : ERROR.invalidProducerEpoch;
  }

  #timeOut(id: string, known: Transactional): void {
    if (known.state !== 'ongoing') return;
    if (known.isWriting || this.#isAway(id)) {
      known.cancelTimeout = this.#cluster.time.schedule(RETRY_MS, () => this.#timeOut(id, known));
      return;
    }
    known.epoch += 1;
    void this.#end(id, known, false);
  }

  /** Resolves when the outcome is decided. The markers follow, each as soon as the leader of its partition takes it. */
  async #end(id: string, known: Transactional, isCommit: boolean): Promise<void> {
    known.cancelTimeout();
    known.state = isCommit ? 'preparingCommit' : 'preparingAbort';
    const { producerId, epoch } = known;
    const members = [...known.members.values()];
    await this.#write(known);
    void (async () => {
      await Promise.all(members.map((member) => this.#mark(id, member, { producerId, epoch, isCommit })));
      await this.#write(known);
      known.state = isCommit ? 'committed' : 'aborted';
    })();
  }

  async #mark(
    id: string,
    member: Member,
    marker: { producerId: number; epoch: number; isCommit: boolean },
  ): Promise<void> {
    const cluster = this.#cluster;
    await cluster.time.sleep(cluster.takes(MARKER_MS));
    const takes = () =>
      member.kind === 'partition'
        ? cluster.gateOf(cluster.leaderOf(member.topicPartition)).isOpen
        : cluster.groups.isServed(member.group);
    while (this.#isAway(id) || !takes()) await cluster.time.sleep(RETRY_MS);
    if (member.kind === 'partition') cluster.log(member.topicPartition).writeMarker(marker);
    else cluster.groups.writeMarker(member.group, marker);
  }

  /** Whether nobody coordinates the id at the moment. */
  #isAway(id: string): boolean {
    const cluster = this.#cluster;
    return cluster.isLoading('transactions') || !cluster.gateOf(cluster.coordinatorOf('transactions', id)).isOpen;
  }

  async #write(known: Transactional): Promise<void> {
    known.isWriting = true;
    await this.#cluster.time.sleep(this.#cluster.takes(WRITE_MS));
    known.isWriting = false;
  }
}
