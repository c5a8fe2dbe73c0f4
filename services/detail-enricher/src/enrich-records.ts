import pLimit from 'p-limit';
import { type CarriedRecord, readCarriedRecord } from 'qcc-core/avro/carried-record';
import { type AvroCodec, UndecodableError } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/errors';
import { type DeadLetterReason, deadMessage } from 'qcc-core/kafka/dead-letter';
import type { DeadLetterRuns, MessageFate } from 'qcc-core/kafka/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import type { WorkerInput } from 'qcc-core/kafka/worker';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import { admitRecord } from './admit-record.ts';
import { countPublished, toMessages } from './emission.ts';
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
    const fates: MessageFate[] = [];
    const dead: { reason: DeadLetterReason; letter: Outgoing }[] = [];
    for (const message of messages) {
      const reading = await readRecord(deps, message);
      fates.push({ offset: message.offset, reason: reading.kind === 'dead' ? reading.reason : null });
      if (reading.kind === 'record') records.push(reading.record);
      if (reading.kind !== 'dead') continue;
      const place = { account: deps.account, topic: from, partition: lane.partition };
      const letter = deadMessage({ ...reading, ...place, message, stage: 'detail-enricher', now: now() });
      dead.push({ reason: reading.reason, letter });
      log.error({ reason: reading.reason, partition: lane.partition, offset: message.offset }, reading.text);
    }
    const limit = pLimit(KEPT_ANSWERS_AT_ONCE);
    // Only replays may have to wait for something, and the queue of all others would take as long as reading them.
    const emissions = await Promise.all(
      records.map((record) =>
        record.revision > 0 ? limit(() => admitRecord(deps, record)) : admitRecord(deps, record),
      ),
    );
    const settleRun = deps.runs.admit({ topic: from, partition: lane.partition }, fates);

    await lane.transact(
      async (transaction) => {
        await transaction.send(toMessages({ codec, partition: lane.partition, at: now() }, emissions));
        await transaction.send(dead.map(({ letter }) => letter));
      },
      { nextOffset },
    );
    settleRun();
    countPublished(metrics, emissions);
    for (const { reason } of dead) metrics.deadLetters.inc({ reason });
    settler.take(
      emissions.flatMap((emission) => {
        if (emission.kind === 'settled') return [];
        return [emission.kind === 'pending' ? { ...emission.entry, published: true } : emission.entry];
      }),
    );
  };
}

async function readRecord(
  deps: { account: string; codec: Pick<AvroCodec, 'body'> },
  { value }: Message,
): Promise<Reading> {
  try {
    const body = deps.codec.body('records', value ?? Buffer.alloc(0));
    const record = readCarriedRecord(Buffer.isBuffer(body) ? body : await body);
    return record.account === deps.account ? { kind: 'record', record } : { kind: 'foreign' };
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    return { kind: 'dead', reason: 'MESSAGE_UNDECODABLE', text: describeError(error) };
  }
}
