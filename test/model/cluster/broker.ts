import { type Reader, Writer } from './bytes.ts';
import { BROKERS, type Cluster, type TopicPartition } from './cluster.ts';
import { ERROR, type ErrorCode } from './errors.ts';
import type { Membership } from './groups.ts';
import type { Producer } from './transactions.ts';

export const HOST = 'broker';
export const PORT = 9092;

/** A request without its header. */
type Request = { apiKey: number; version: number; reader: Reader };
type Handler = (cluster: Cluster, broker: number, request: Reader, response: Writer) => Promise<void> | void;

const NO_THROTTLE = 0;
/** So that what was sent in one go is also read in pieces. */
const MOST_BATCHES_PER_FETCH = 3;
const TRANSACTION_COORDINATOR = 1;
const EARLIEST = -2;
const READ_COMMITTED = 1;

/**
 * Answers a request as the broker with this number, in one version of each API. The comments name the fields as the protocol guide
 * does (https://kafka.apache.org/protocol.html).
 */
export async function answer(cluster: Cluster, broker: number, { apiKey, version, reader }: Request): Promise<Buffer> {
  const response = new Writer();
  const api = APIS.get(apiKey);
  if (apiKey === METADATA.apiKey && version === METADATA_WITH_IDS) describeTopicById(cluster, reader, response);
  else if (!api || api.version !== version)
    throw new Error(`the simulation has no API ${apiKey} in version ${version}`);
  else await api.handle(cluster, broker, reader, response);
  return response.toBuffer();
}

const METADATA = { apiKey: 3 };
const METADATA_WITH_IDS = 10;

const APIS = new Map<number, { version: number; handle: Handler }>([
  [0, { version: 3, handle: produce }],
  [1, { version: 4, handle: fetch }],
  [2, { version: 2, handle: listOffsets }],
  [METADATA.apiKey, { version: 1, handle: describeTopics }],
  [8, { version: 2, handle: commitOffsets }],
  [9, { version: 2, handle: fetchOffsets }],
  [10, { version: 1, handle: findCoordinator }],
  [11, { version: 4, handle: joinGroup }],
  [12, { version: 1, handle: heartbeat }],
  [13, { version: 1, handle: leaveGroup }],
  [14, { version: 1, handle: syncGroup }],
  [18, { version: 2, handle: apiVersions }],
  [22, { version: 0, handle: initProducerId }],
  [23, { version: 3, handle: offsetForLeaderEpoch }],
  [24, { version: 0, handle: addPartitionsToTransaction }],
  [25, { version: 0, handle: addOffsetsToTransaction }],
  [26, { version: 0, handle: endTransaction }],
  [28, { version: 0, handle: commitOffsetsInTransaction }],
]);

function apiVersions(_: Cluster, __: number, ___: Reader, response: Writer): void {
  response.int16(ERROR.none);
  response.list([...APIS], ([apiKey, { version }]) => response.int16(apiKey).int16(0).int16(version));
  response.int32(NO_THROTTLE);
}

function describeTopics(cluster: Cluster, _: number, request: Reader, response: Writer): void {
  const topics = request.list((each) => each.text());
  response.list(cluster.registered(), (id) => response.int32(id).text(`${HOST}-${id}`).int32(PORT).text(null));
  response.int32(cluster.registered()[0] ?? BROKERS[0]); // controller_id
  response.list(topics, (topic) => {
    const partitions = Array.from({ length: cluster.partitionsOf(topic) }, (_, partition) => partition);
    response.int16(partitions.length > 0 ? ERROR.none : ERROR.unknownTopicOrPartition);
    response.text(topic).int8(0);
    response.list(partitions, (partition) => {
      response.int16(ERROR.none).int32(partition).int32(cluster.toldLeader({ topic, partition }));
      for (let list = 0; list < 2; list += 1) response.list(BROKERS, (id) => response.int32(id)); // replicas, isr
    });
  });
}

/** Of one topic, up to its id, behind which the client stops to read. All lengths are one byte here. */
function describeTopicById(cluster: Cluster, request: Reader, response: Writer): void {
  request.skip(1 + 1 + 16); // the header's tags, one topic, no id
  const length = request.int8() - 1;
  const topic = request.raw(length).toString();
  const id = cluster.topicId(topic);
  response.int8(0).int32(NO_THROTTLE).int8(1); // no tags, no brokers
  response.int8(0).int32(BROKERS[0]); // no cluster_id
  response.int8(1 + 1).int16(id ? ERROR.none : ERROR.unknownTopicOrPartition);
  response
    .int8(length + 1)
    .raw(Buffer.from(topic))
    .raw(Buffer.from(id ?? '0'.repeat(32), 'hex'));
}

async function produce(cluster: Cluster, broker: number, request: Reader, response: Writer): Promise<void> {
  request.nullableText(); // transactional_id
  request.int16(); // acks: all
  request.int32(); // timeout_ms
  const topicPartitions = request.topicPartitions((each) => ({ records: each.bytes() }));
  const stored = topicPartitions.map((topicPartition) => ({
    ...topicPartition,
    ...(cluster.leads(broker, topicPartition)
      ? cluster.log(topicPartition).append(topicPartition.records)
      : { error: ERROR.notLeader, offset: -1 }),
  }));
  await cluster.time.sleep(cluster.takes(5)); // until the followers have it
  response.topicPartitions(stored, ({ error, offset }) => response.int16(error).int64(offset).int64(-1));
  response.int32(NO_THROTTLE);
}

async function fetch(cluster: Cluster, broker: number, request: Reader, response: Writer): Promise<void> {
  request.int32(); // replica_id
  const maxWaitMs = request.int32();
  request.skip(4 + 4); // min_bytes, max_bytes
  const isCommitted = request.int8() === READ_COMMITTED;
  const topicPartitions = request.topicPartitions((each) => ({ from: each.int64(), maxBytes: each.int32() }));
  const read = () =>
    topicPartitions.map(({ from, ...topicPartition }) => {
      const nothing = { end: -1, lastStable: -1, bytes: Buffer.alloc(0), aborted: [] };
      if (!cluster.leads(broker, topicPartition)) return { ...topicPartition, error: ERROR.notLeader, ...nothing };
      const { end, lastStable } = cluster.endsOf(topicPartition);
      if (from > end) return { ...topicPartition, error: ERROR.offsetOutOfRange, ...nothing };
      const to = isCommitted ? lastStable : end;
      const found = cluster.log(topicPartition).read({ from, to, mostBatches: MOST_BATCHES_PER_FETCH });
      return { ...topicPartition, error: ERROR.none, end, lastStable, ...found };
    });
  const isAnswer = (found: ReturnType<typeof read>) =>
    found.some(({ error, bytes }) => error !== ERROR.none || bytes.length > 0);
  let found = read();
  let isLate = false;
  const late = Promise.withResolvers<void>();
  const cancel = cluster.time.schedule(maxWaitMs, () => {
    isLate = true;
    late.resolve();
  });
  while (!isAnswer(found) && !isLate) {
    const logs = topicPartitions
      .filter((topicPartition) => cluster.leads(broker, topicPartition))
      .map((topicPartition) => cluster.log(topicPartition));
    await Promise.race([late.promise, ...logs.map((log) => log.changed())]);
    found = read();
  }
  cancel();
  response.int32(NO_THROTTLE).topicPartitions(found, ({ error, end, lastStable, bytes, aborted }) => {
    response.int16(error).int64(end).int64(lastStable);
    response.list(aborted, ({ producerId, firstOffset }) => response.int64(producerId).int64(firstOffset));
    response.bytes(bytes);
  });
}

function listOffsets(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  request.int32(); // replica_id
  const isCommitted = request.int8() === READ_COMMITTED;
  const topicPartitions = request.topicPartitions((each) => ({ timestamp: each.int64() }));
  response.int32(NO_THROTTLE).topicPartitions(topicPartitions, ({ timestamp, ...topicPartition }) => {
    const isLeader = cluster.leads(broker, topicPartition);
    const { end, lastStable } = isLeader ? cluster.endsOf(topicPartition) : { end: -1, lastStable: -1 };
    const last = isCommitted ? lastStable : end;
    response.int16(isLeader ? ERROR.none : ERROR.notLeader).int64(-1);
    response.int64(isLeader && timestamp === EARLIEST ? 0 : last);
  });
}

function offsetForLeaderEpoch(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  request.int32(); // replica_id
  const topicPartitions = request.topicPartitions((each) => {
    each.int32(); // current_leader_epoch
    return { asked: each.int32() };
  });
  response.int32(NO_THROTTLE).list(topicPartitions, ({ asked, ...topicPartition }) => {
    const isLeader = cluster.leads(broker, topicPartition);
    const { epoch, end } = isLeader ? cluster.log(topicPartition).endOfEpoch(asked) : { epoch: -1, end: -1 };
    response.text(topicPartition.topic).list([topicPartition], ({ partition }) => {
      response.int16(isLeader ? ERROR.none : ERROR.notLeader).int32(partition);
      response.int32(epoch).int64(end);
    });
  });
}

function findCoordinator(cluster: Cluster, _: number, request: Reader, response: Writer): void {
  const key = request.text();
  const kind = request.int8() === TRANSACTION_COORDINATOR ? 'transactions' : 'groups';
  const id = cluster.coordinatorOf(kind, key);
  response.int32(NO_THROTTLE).int16(ERROR.none).text(null).int32(id).text(`${HOST}-${id}`).int32(PORT);
}

/** Why this broker does not serve a group or transactional id now. */
function refusal(cluster: Cluster, broker: number, kind: 'groups' | 'transactions', key: string): ErrorCode {
  if (cluster.coordinatorOf(kind, key) !== broker) return ERROR.notCoordinator;
  return cluster.isLoading(kind) ? ERROR.coordinatorLoading : ERROR.none;
}

async function joinGroup(cluster: Cluster, broker: number, request: Reader, response: Writer): Promise<void> {
  const group = request.text();
  const sessionTimeoutMs = request.int32();
  const rebalanceTimeoutMs = request.int32();
  const id = request.text();
  request.text(); // protocol_type
  const [protocol] = request.list((each) => ({ name: each.text(), metadata: each.bytes() }));
  const error = refusal(cluster, broker, 'groups', group);
  const { name, metadata } = protocol!;
  const joined =
    error === ERROR.none
      ? await cluster.groups.join(group, { id, protocol: name, metadata, sessionTimeoutMs, rebalanceTimeoutMs })
      : { error, generation: -1, protocol: '', leader: '', member: id, members: [] };
  response.int32(NO_THROTTLE).int16(joined.error).int32(joined.generation);
  response.text(joined.protocol).text(joined.leader).text(joined.member);
  response.list(joined.members, (member) => response.text(member.id).bytes(member.metadata));
}

const readMembership = (request: Reader): Membership => {
  const group = request.text();
  const generation = request.int32();
  return { group, generation, member: request.text() };
};

async function syncGroup(cluster: Cluster, broker: number, request: Reader, response: Writer): Promise<void> {
  const membership = readMembership(request);
  const assignments = request.list((each) => ({ id: each.text(), assignment: each.bytes() }));
  const error = refusal(cluster, broker, 'groups', membership.group);
  const synced =
    error === ERROR.none ? await cluster.groups.sync(membership, assignments) : { error, assignment: Buffer.alloc(0) };
  response.int32(NO_THROTTLE).int16(synced.error).bytes(synced.assignment);
}

function heartbeat(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  const membership = readMembership(request);
  const error = refusal(cluster, broker, 'groups', membership.group) || cluster.groups.heartbeat(membership);
  response.int32(NO_THROTTLE).int16(error);
}

function leaveGroup(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  const group = request.text();
  const error = refusal(cluster, broker, 'groups', group) || cluster.groups.leave(group, request.text());
  response.int32(NO_THROTTLE).int16(error);
}

const readOffset = (each: Reader) => {
  const offset = each.int64();
  return { offset, metadata: each.nullableText() };
};

function commitOffsets(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  const membership = readMembership(request);
  request.int64(); // retention_time_ms
  const offsets = request.topicPartitions(readOffset);
  const error = refusal(cluster, broker, 'groups', membership.group) || cluster.groups.commit(membership, offsets);
  response.topicPartitions(offsets, () => response.int16(error));
}

function fetchOffsets(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  const group = request.text();
  const topicPartitions = request.topicPartitions(() => ({}));
  const error = refusal(cluster, broker, 'groups', group);
  response.topicPartitions(topicPartitions, (topicPartition: TopicPartition) => {
    const { offset, metadata } =
      error === ERROR.none ? cluster.groups.committed(group, topicPartition) : { offset: -1, metadata: null };
    response.int64(offset).text(metadata).int16(error);
  });
  response.int16(error);
}

const readProducer = (request: Reader): Producer => ({
  id: request.text(),
  producerId: request.int64(),
  epoch: request.int16(),
});

async function initProducerId(cluster: Cluster, broker: number, request: Reader, response: Writer): Promise<void> {
  const id = request.nullableText();
  const timeoutMs = request.int32();
  const error = id === null ? ERROR.none : refusal(cluster, broker, 'transactions', id);
  const { transactions } = cluster;
  const made =
    error === ERROR.none ? await transactions.initProducer(id, timeoutMs) : { error, producerId: -1, epoch: -1 };
  response.int32(NO_THROTTLE).int16(made.error).int64(made.producerId).int16(made.epoch);
}

async function addPartitionsToTransaction(
  cluster: Cluster,
  broker: number,
  request: Reader,
  response: Writer,
): Promise<void> {
  const producer = readProducer(request);
  const topicPartitions = request.topicPartitions(() => ({}));
  const refused = refusal(cluster, broker, 'transactions', producer.id);
  const error = refused || (await cluster.transactions.addPartitions(producer, topicPartitions));
  response.int32(NO_THROTTLE).topicPartitions(topicPartitions, () => response.int16(error));
}

async function addOffsetsToTransaction(
  cluster: Cluster,
  broker: number,
  request: Reader,
  response: Writer,
): Promise<void> {
  const producer = readProducer(request);
  const group = request.text();
  const refused = refusal(cluster, broker, 'transactions', producer.id);
  response.int32(NO_THROTTLE).int16(refused || (await cluster.transactions.addOffsets(producer, group)));
}

async function endTransaction(cluster: Cluster, broker: number, request: Reader, response: Writer): Promise<void> {
  const producer = readProducer(request);
  const isCommit = request.int8() === 1;
  const refused = refusal(cluster, broker, 'transactions', producer.id);
  response.int32(NO_THROTTLE).int16(refused || (await cluster.transactions.end(producer, isCommit)));
}

function commitOffsetsInTransaction(cluster: Cluster, broker: number, request: Reader, response: Writer): void {
  request.text(); // transactional_id
  const group = request.text();
  const producer = { producerId: request.int64(), epoch: request.int16() };
  const offsets = request.topicPartitions(readOffset);
  const refused = refusal(cluster, broker, 'groups', group);
  const error = refused || cluster.groups.commitInTransaction(group, producer, offsets);
  response.int32(NO_THROTTLE).topicPartitions(offsets, () => response.int16(error));
}
