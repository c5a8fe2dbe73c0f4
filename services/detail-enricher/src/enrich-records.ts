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

const UNDECODABLE = 'MESSAGE_UNDECODABLE' satisfies DeadLetterReason;
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
    const dead = new Map<Message, Outgoing>();
    for (const message of messages) {
      try {
        const body = codec.body('records', message.value ?? Buffer.alloc(0));
        // Waited for only where the registry is asked: a promise for each record costs more than reading it.
        const record = readCarriedRecord(Buffer.isBuffer(body) ? body : await body);
        // Another account's is left to its services.
        if (record.account === deps.account) records.push(record);
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        const text = describeError(error);
        const place = { account: deps.account, topic: from, partition: lane.partition };
        dead.set(
          message,
          deadMessage({ ...place, message, stage: 'detail-enricher', reason: UNDECODABLE, text, now: now() }),
        );
        log.error({ reason: UNDECODABLE, partition: lane.partition, offset: message.offset }, text);
      }
    }
    const limit = pLimit(KEPT_ANSWERS_AT_ONCE);
    // Only replays may have to wait for something, and the queue of all others would take as long as reading them.
    const admitted = records.map((record) =>
      record.revision > 0 ? limit(() => admitRecord(deps, record)) : admitRecord(deps, record),
    );
    // Of many values Promise.all makes as many promises.
    const emissions = admitted.every(isAtHand) ? admitted : await Promise.all(admitted);
    const settleRun = deps.runs.admit({ topic: from, partition: lane.partition }, messages, (message) =>
      dead.has(message) ? UNDECODABLE : null,
    );

    await lane.transact(
      async (transaction) => {
        await transaction.send(toMessages({ codec, partition: lane.partition, at: now() }, emissions));
        await transaction.send(dead.values());
      },
      { nextOffset },
    );
    settleRun();
    countPublished(metrics, emissions);
    metrics.deadLetters.inc({ reason: UNDECODABLE }, dead.size);
    settler.take(
      emissions.flatMap((emission) => {
        if (emission.kind === 'settled') return [];
        return [emission.kind === 'pending' ? { ...emission.entry, published: true } : emission.entry];
      }),
    );
  };
}

const isAtHand = (emission: Emission | Promise<Emission>): emission is Emission => !(emission instanceof Promise);
