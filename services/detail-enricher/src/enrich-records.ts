import pLimit from 'p-limit';
import { type CarriedRecord, readCarriedRecord } from 'qcc-core/avro/carried-record';
import { type AvroCodec, UndecodableError } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/errors';
import { type DeadLetterReason, deadMessage } from 'qcc-core/kafka/dead-letter';
import type { DeadLetterRuns } from 'qcc-core/kafka/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import type { WorkerInput } from 'qcc-core/kafka/worker';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import { admitRecord } from './admit-record.ts';
import { countPublished, type Emission, toMessages } from './emission.ts';
import type { Settler } from './settler.ts';

type Step = WorkerInput<Settler>['process'];
type Message = Parameters<Step>[0]['messages'][number];

type Reading =
  | { kind: 'record'; record: CarriedRecord }
  /** Another account's, left to its services. */
  | { kind: 'foreign' }
  | { kind: 'dead'; reason: DeadLetterReason; text: string };

/** Files, or connections to a bucket, that are open at a time. */
const KEPT_ANSWERS_AT_ONCE = 16;

/**
 * The step of the worker loop: records that need no call go on settled, all others onto `pending-details` and to the
 * lane's settler, what is no record to the dead letters, and another account's nowhere; one transaction with the input
 * offset. Never waits for QCC.
 * @throws EvidenceError `unavailable`, RegistryError, LaneLostError and DeadLetterRunError: the batch comes again.
 */
export function createEnrichRecords(
  deps: Parameters<typeof admitRecord>[0] & {
    account: string;
    prefix: string;
    codec: Pick<AvroCodec, 'encode' | 'carry' | 'body'>;
    runs: DeadLetterRuns;
    log: Pick<Log, 'error'>;
    metrics: Pick<Metrics, 'enriched' | 'deadLetters'>;
  },
): Step {
  const { codec, log, metrics, now } = deps;
  const from = topicName(deps.prefix, TOPICS.records);

  return async function enrichRecords({ lane, state: settler, messages, nextOffset }) {
    const records: CarriedRecord[] = [];
    const dead = new Map<Message, { reason: DeadLetterReason; letter: Outgoing }>();
    for (const message of messages) {
      const read = readRecord(deps, message);
      const reading = read instanceof Promise ? await read : read;
      if (reading.kind === 'record') records.push(reading.record);
      if (reading.kind !== 'dead') continue;
      const place = { account: deps.account, topic: from, partition: lane.partition };
      const letter = deadMessage({ ...reading, ...place, message, stage: 'detail-enricher', now: now() });
      dead.set(message, { reason: reading.reason, letter });
      log.error({ reason: reading.reason, partition: lane.partition, offset: message.offset }, reading.text);
    }
    const limit = pLimit(KEPT_ANSWERS_AT_ONCE);
    // Only replays may have to wait for something, and the queue of all others would take as long as reading them.
    const admitted = records.map((record) =>
      record.revision > 0 ? limit(() => admitRecord(deps, record)) : admitRecord(deps, record),
    );
    const emissions = admitted.every(isAtHand) ? admitted : await Promise.all(admitted);
    const settleRun = deps.runs.admit(
      { topic: from, partition: lane.partition },
      messages.values().map((message) => ({ offset: message.offset, reason: dead.get(message)?.reason ?? null })),
    );

    await lane.transact(
      async (transaction) => {
        await transaction.send(toMessages({ codec, partition: lane.partition, at: now() }, emissions));
        await transaction.send(dead.values().map(({ letter }) => letter));
      },
      { nextOffset },
    );
    settleRun();
    countPublished(metrics, emissions);
    for (const { reason } of dead.values()) metrics.deadLetters.inc({ reason });
    settler.take(
      emissions.flatMap((emission) => {
        if (emission.kind === 'settled') return [];
        return [emission.kind === 'pending' ? { ...emission.entry, published: true } : emission.entry];
      }),
    );
  };
}

/** A promise only where the registry is asked, and none for each record. */
function readRecord(
  deps: { account: string; codec: Pick<AvroCodec, 'body'> },
  { value }: Message,
): Reading | Promise<Reading> {
  const read = (body: Buffer): Reading => {
    const record = readCarriedRecord(body);
    return record.account === deps.account ? { kind: 'record', record } : { kind: 'foreign' };
  };
  const undecodable = (error: unknown): Reading => {
    if (!(error instanceof UndecodableError)) throw error;
    return { kind: 'dead', reason: 'MESSAGE_UNDECODABLE', text: describeError(error) };
  };
  try {
    const body = deps.codec.body('records', value ?? Buffer.alloc(0));
    return Buffer.isBuffer(body) ? read(body) : body.then(read).catch(undecodable);
  } catch (error) {
    return undecodable(error);
  }
}

const isAtHand = (emission: Emission | Promise<Emission>): emission is Emission => !(emission instanceof Promise);
