import { setImmediate } from 'node:timers/promises';
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
import type { Emission, PendingEntry } from './emission.ts';
import { Publication } from './publication.ts';
import type { Settler } from './settler.ts';

type Step = WorkerInput<Settler>['process'];
type Message = Parameters<Step>[0]['messages'][number];

const UNDECODABLE = 'MESSAGE_UNDECODABLE' satisfies DeadLetterReason;
/** Files, or connections to a bucket, that are open at a time. */
const KEPT_ANSWERS_AT_ONCE = 16;
/** Read of a batch of thousands before they are packed, and other partitions have their turn. */
const MESSAGES_AT_ONCE = 500;
/** More than what becomes of a fetch. What is beyond it is packed while it is sent: thousands of changes may share large details. */
const MOST_PACKED_BYTES = 4 * 1_048_576;

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
    const dead = new Map<Message, Outgoing>();
    const waiting: PendingEntry[] = [];
    const publication = new Publication({ codec, partition: lane.partition });
    const outbox = lane.outbox();
    const unpacked: Emission[] = [];
    for (let at = 0; at < messages.length; at += MESSAGES_AT_ONCE) {
      for (const emission of await admit(messages.slice(at, at + MESSAGES_AT_ONCE), lane.partition, dead)) {
        if (outbox.byteLength >= MOST_PACKED_BYTES) unpacked.push(emission);
        else for (const message of publication.messagesOf(emission)) outbox.add(message);
        if (emission.kind === 'waiting') waiting.push(emission.entry);
        else if (emission.kind === 'pending') waiting.push({ ...emission.entry, published: true });
      }
      // Other partitions' turn.
      await setImmediate();
    }
    const settleRun = deps.runs.admit({ topic: from, partition: lane.partition }, messages, (message) =>
      dead.has(message) ? UNDECODABLE : null,
    );

    await lane.transact(
      async (transaction) => {
        await transaction.send(publication.messages(unpacked, now()), outbox);
        await transaction.send(dead.values());
      },
      { nextOffset },
    );
    settleRun();
    publication.count(metrics);
    metrics.deadLetters.inc({ reason: UNDECODABLE }, dead.size);
    settler.take(waiting);
  };

  /** What becomes of the records among some messages, in their order; the others are put among the dead. */
  async function admit(
    messages: readonly Message[],
    partition: number,
    dead: Map<Message, Outgoing>,
  ): Promise<readonly Emission[]> {
    const records: CarriedRecord[] = [];
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
        const place = { account: deps.account, topic: from, partition };
        const letter = { ...place, message, stage: 'detail-enricher', reason: UNDECODABLE, text, now: now() } as const;
        dead.set(message, deadMessage(letter));
        log.error({ reason: UNDECODABLE, partition, offset: message.offset }, text);
      }
    }
    const limit = pLimit(KEPT_ANSWERS_AT_ONCE);
    // Only replays may have to wait for something, and the queue of all others would take as long as reading them.
    const admitted = records.map((record) =>
      record.revision > 0 ? limit(() => admitRecord(deps, record)) : admitRecord(deps, record),
    );
    // Of many values Promise.all makes as many promises.
    return admitted.every(isAtHand) ? admitted : await Promise.all(admitted);
  }
}

const isAtHand = (emission: Emission | Promise<Emission>): emission is Emission => !(emission instanceof Promise);
