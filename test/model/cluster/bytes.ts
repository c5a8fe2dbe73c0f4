/** Reads the fields of a request (Kafka protocol guide, "Protocol Primitive Types"). */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;
  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }
  #move(length: number): number {
    this.#at += length;
    return this.#at - length;
  }
  int8(): number {
    return this.#bytes.readInt8(this.#move(1));
  }
  int16(): number {
    return this.#bytes.readInt16BE(this.#move(2));
  }
  int32(): number {
    return this.#bytes.readInt32BE(this.#move(4));
  }
  /** Offsets and producer ids of the simulation are small. */
  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#move(8)));
  }
  text(): string {
    return this.nullableText() ?? '';
  }
  nullableText(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#bytes.toString('utf8', this.#move(length), this.#at);
  }
  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    return Buffer.from(this.#bytes.subarray(this.#move(length), this.#at));
  }
  raw(length: number): Buffer {
    return this.#bytes.subarray(this.#move(length), this.#at);
  }
  skip(length: number): this {
    this.#move(length);
    return this;
  }
  list<Item>(read: (reader: Reader) => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, () => read(this));
  }
  /** Topics with partitions, as most requests have them. */
  topicPartitions<Fields extends object>(
    read: (reader: Reader) => Fields,
  ): ({ topic: string; partition: number } & Fields)[] {
    return this.list((topics) => {
      const topic = topics.text();
      return topics.list((each) => ({ topic, partition: each.int32(), ...read(each) }));
    }).flat();
  }
}

/** Writes the fields of a response. */
export class Writer {
  readonly #pieces: Buffer[] = [];
  #add(length: number, write: (piece: Buffer) => void): this {
    const piece = Buffer.allocUnsafe(length);
    write(piece);
    this.#pieces.push(piece);
    return this;
  }
  int8(value: number): this {
    return this.#add(1, (piece) => piece.writeInt8(value));
  }
  int16(value: number): this {
    return this.#add(2, (piece) => piece.writeInt16BE(value));
  }
  int32(value: number): this {
    return this.#add(4, (piece) => piece.writeInt32BE(value));
  }
  int64(value: number): this {
    return this.#add(8, (piece) => piece.writeBigInt64BE(BigInt(value)));
  }
  text(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.from(value);
    return this.int16(bytes.length).raw(bytes);
  }
  bytes(value: Buffer): this {
    return this.int32(value.length).raw(value);
  }
  raw(value: Buffer): this {
    this.#pieces.push(value);
    return this;
  }
  list<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }
  /** Topics with partitions, as most responses have them. */
  topicPartitions<TopicPartition extends { topic: string; partition: number }>(
    topicPartitions: readonly TopicPartition[],
    write: (topicPartition: TopicPartition) => void,
  ): this {
    return this.list([...Map.groupBy(topicPartitions, ({ topic }) => topic)], ([topic, ofTopic]) => {
      this.text(topic).list(ofTopic, (topicPartition) => {
        this.int32(topicPartition.partition);
        write(topicPartition);
      });
    });
  }
  toBuffer(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
