import { crc32c } from '@node-rs/crc32';
import { type FetchedMessage, readRecordSet } from 'qcc-core/kafka/wire/fetched-records';
import { packRecords } from 'qcc-core/kafka/wire/record-batch';
import { ERROR, type ErrorCode } from './errors.ts';

/** Of the header of a batch (https://kafka.apache.org/documentation/#recordbatch). */
const LEADER_EPOCH_AT = 12;
const CHECKSUM_AT = 17;
const ATTRIBUTES_AT = 21;
const PRODUCER_ID_AT = 43;
const EPOCH_AT = 51;
const SEQUENCE_AT = 53;
const COUNT_AT = 57;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

type StoredBatch = {
  firstOffset: number;
  count: number;
  bytes: Buffer;
  producerId: number;
  /** Of a batch outside transactions: `committed`. */
  state: 'open' | 'committed' | 'aborted' | 'marker';
};

/** What a partition knows of a producer. */
type ProducerState = {
  epoch: number;
  /** The sequence number that its next batch has to have. */
  nextSequence: number;
  lastBatch?: { firstSequence: number; offset: number };
  /** The first offset of its open transaction. */
  openFrom?: number;
};

/**
 * The log of one partition, as its leader keeps it (KIP-98): batches, markers of transactions, and the state of producers. All
 * replicas are in sync: a new leader has the same log, but may report an older end for a moment.
 *
 * It takes a batch of a producer that has no open transaction, as brokers before 3.6 do (KIP-890). If the batch was delayed
 * until its transaction had ended, then nobody ends the transaction that it opens.
 */
export class PartitionLog {
  #batches: StoredBatch[] = [];
  #end = 0;
  /** Where the messages of each leader begin (KIP-101), the oldest first. */
  #epochs: { epoch: number; start: number }[] = [{ epoch: 0, start: 0 }];
  readonly #producers = new Map<number, ProducerState>();
  #aborted: { producerId: number; firstOffset: number; lastOffset: number }[] = [];
  #waiting: (() => void)[] = [];

  get end(): number {
    return this.#end;
  }
  get leaderEpoch(): number {
    return this.#epochs.at(-1)!.epoch;
  }
  /** A new leader takes over: the messages that come now are of its epoch. */
  beginEpoch(): void {
    const epoch = this.leaderEpoch + 1;
    this.#epochs = [...this.#epochs.filter(({ start }) => start < this.#end), { epoch, start: this.#end }];
  }
  /** Where an epoch ends, or the last one before it that is there; -1 for one that is not there yet. */
  endOfEpoch(asked: number): { epoch: number; end: number } {
    if (asked > this.leaderEpoch) return { epoch: -1, end: -1 };
    const at = this.#epochs.findLastIndex(({ epoch }) => epoch <= asked);
    const end = this.#epochs[at + 1]?.start ?? this.#end;
    return { epoch: this.#epochs[at]?.epoch ?? asked, end };
  }
  /** Messages from here on are not shown to `read_committed` readers yet. */
  get lastStable(): number {
    return [...this.#producers.values()].reduce((least, { openFrom = least }) => Math.min(least, openFrom), this.#end);
  }

  append(given: Buffer): { error: ErrorCode; offset: number } {
    const bytes = Buffer.from(given);
    const producerId = Number(bytes.readBigInt64BE(PRODUCER_ID_AT));
    const epoch = bytes.readInt16BE(EPOCH_AT);
    const firstSequence = bytes.readInt32BE(SEQUENCE_AT);
    const count = bytes.readInt32BE(COUNT_AT);
    const isTransactional = (bytes.readInt16BE(ATTRIBUTES_AT) & TRANSACTIONAL) !== 0;
    if (producerId >= 0) {
      const known = this.#producers.get(producerId);
      if (known && epoch < known.epoch) return { error: ERROR.invalidProducerEpoch, offset: -1 };
      if (known?.epoch === epoch) {
        if (known.lastBatch?.firstSequence === firstSequence)
          return { error: ERROR.none, offset: known.lastBatch.offset };
        if (firstSequence !== known.nextSequence) return { error: ERROR.outOfOrderSequence, offset: -1 };
      } else if (known && firstSequence !== 0) return { error: ERROR.outOfOrderSequence, offset: -1 };
      const openFrom = isTransactional ? (known?.openFrom ?? this.#end) : undefined;
      this.#producers.set(producerId, {
        epoch,
        nextSequence: firstSequence + count,
        lastBatch: { firstSequence, offset: this.#end },
        ...(openFrom !== undefined && { openFrom }),
      });
    }
    return {
      error: ERROR.none,
      offset: this.#store(bytes, { producerId, count, state: isTransactional ? 'open' : 'committed' }),
    };
  }

  /** Ends a producer's transaction. A greater epoch makes the older one unusable here. */
  writeMarker({ producerId, epoch, isCommit }: { producerId: number; epoch: number; isCommit: boolean }): void {
    const known = this.#producers.get(producerId);
    if (known && epoch < known.epoch) return;
    const offset = this.#store(markerOf({ producerId, epoch, isCommit }), { producerId, count: 1, state: 'marker' });
    if (known?.openFrom !== undefined) {
      for (const batch of this.#batches) {
        if (batch.producerId === producerId && batch.state === 'open') batch.state = isCommit ? 'committed' : 'aborted';
      }
      if (!isCommit) this.#aborted.push({ producerId, firstOffset: known.openFrom, lastOffset: offset });
    }
    const { openFrom: _, ...rest } = known ?? { nextSequence: 0 };
    this.#producers.set(producerId, epoch === known?.epoch ? { ...rest, epoch } : { epoch, nextSequence: 0 });
    this.#wake();
  }

  /** Whole batches with messages from `from` on, below `to`, and the aborted transactions that they belong to. */
  read({ from, to, mostBatches }: { from: number; to: number; mostBatches: number }) {
    const batches = this.#batches
      .filter(({ firstOffset, count }) => firstOffset + count > from && firstOffset + count <= to)
      .slice(0, mostBatches);
    const last = batches.at(-1);
    return {
      bytes: Buffer.concat(batches.map(({ bytes }) => bytes)),
      aborted: last
        ? this.#aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset <= last.firstOffset)
        : [],
    };
  }

  /** Resolves when the log has changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Everything that a `read_committed` reader sees. */
  committed(): FetchedMessage[] {
    const stable = this.lastStable;
    return this.#messages(({ state, firstOffset }) => state === 'committed' && firstOffset < stable);
  }
  /** Everything that no such reader ever sees. */
  aborted(): FetchedMessage[] {
    return this.#messages(({ state }) => state === 'aborted');
  }
  #messages(isMeant: (batch: StoredBatch) => boolean): FetchedMessage[] {
    return this.#batches.filter(isMeant).flatMap(({ bytes }) => readRecordSet(bytes) ?? []);
  }

  /**
   * Loses everything from an offset on, as an unclean leader election does. A transaction that is open goes on, and commits without
   * the messages that it lost here. One that was aborted, and loses its marker, is lost whole.
   * @returns the messages that are lost, without those of aborted transactions.
   */
  truncate(from: number): FetchedMessage[] {
    const end = this.#aborted.reduceRight(
      (least, { firstOffset, lastOffset }) => (lastOffset >= least ? Math.min(least, firstOffset) : least),
      from,
    );
    const isKept = ({ firstOffset, count }: StoredBatch) => firstOffset + count <= end;
    const lost = this.#batches.filter((batch) => !isKept(batch) && ['open', 'committed'].includes(batch.state));
    this.#batches = this.#batches.filter(isKept);
    const last = this.#batches.at(-1);
    this.#end = last ? last.firstOffset + last.count : 0;
    this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset < this.#end);
    for (const producer of this.#producers.values()) {
      if (producer.openFrom !== undefined) producer.openFrom = Math.min(producer.openFrom, this.#end);
    }
    this.beginEpoch();
    this.#wake();
    return lost.flatMap(({ bytes }) => readRecordSet(bytes) ?? []);
  }

  #store(bytes: Buffer, batch: Pick<StoredBatch, 'producerId' | 'count' | 'state'>): number {
    const firstOffset = this.#end;
    bytes.writeBigInt64BE(BigInt(firstOffset), 0);
    bytes.writeInt32BE(this.leaderEpoch, LEADER_EPOCH_AT);
    this.#batches.push({ ...batch, firstOffset, bytes });
    this.#end += batch.count;
    this.#wake();
    return firstOffset;
  }
  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** A control batch: version 0, then 0 for an abort or 1 for a commit. */
function markerOf({ producerId, epoch, isCommit }: { producerId: number; epoch: number; isCommit: boolean }): Buffer {
  const records = packRecords();
  records.add(isCommit ? '\0\0\0\x01' : '\0\0\0\0', Buffer.alloc(6));
  return batchOf(records, { producerId, epoch, attributes: TRANSACTIONAL | CONTROL });
}

/** A batch of a producer without an id. */
export function plainBatch(messages: readonly { key: string; value: Buffer }[]): Buffer {
  const records = packRecords();
  for (const { key, value } of messages) records.add(key, value);
  return batchOf(records, { producerId: -1, epoch: -1, attributes: 0 });
}

function batchOf(
  records: ReturnType<typeof packRecords>,
  { producerId, epoch, attributes }: { producerId: number; epoch: number; attributes: number },
): Buffer {
  const bytes = Buffer.alloc(COUNT_AT + 4 + records.byteLength);
  records.writeBatch(bytes, 0, {
    producerId: BigInt(producerId),
    producerEpoch: epoch,
    firstSequence: -1,
    isTransactional: false,
    timestamp: 0,
  });
  bytes.writeInt16BE(attributes, ATTRIBUTES_AT);
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CHECKSUM_AT);
  return bytes;
}
