import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { archiveSha256Of, type PassThroughRecord, readPassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { traceFields } from 'qcc-core/base/tracing/spans';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import type { RefusalSearch, RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import { offsetsOn, type StoredRange } from 'qcc-core/kafka/client/send-once';
import type { DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { WorkerInput } from 'qcc-core/kafka/exactly-once/worker';
import { deadMessage } from 'qcc-core/kafka/messages/dead-letter';
import { openTracedBatch, type TracedBatch, traceOf } from 'qcc-core/kafka/messages/traced-messages';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { DetailResolver } from '../resolve/detail-resolver.ts';
import { toDetailTask } from '../resolve/detail-task.ts';
import { afterRefusals } from './after-refusals.ts';
import { decideRecord } from './decide-record.ts';
import type { Decision, PendingEntry } from './decision.ts';
import { TransactionOutput } from './transaction-output.ts';

type Step = WorkerInput<DetailResolver>['process'];
type Message = Parameters<Step>[0]['messages'][number];
/** Messages that become dead letters instead of going on. */
type Dead = Map<Message, { reason: DeadLetterReason; deadLetter: Outgoing }>;

const UNDECODABLE = 'MESSAGE_UNDECODABLE' satisfies DeadLetterReason;
/** Files, or connections to a bucket, that are open at a time. */
const KEPT_RESPONSES_AT_ONCE = 16;
/** Read of a batch of thousands before they are packed, and other partitions have their turn. */
const MESSAGES_AT_ONCE = 500;
/** Usually more than the output of one fetch. Output beyond it is packed while it is sent, because many changes may share large details. */
const MOST_PACKED_BYTES = 4 * 1_048_576;

/**
 * The step of the worker loop. Records that need no call get their settled version. All others go to `pending-details` and to
 * the lane's detail resolver. Messages that do not decode become dead letters, and records of other accounts are skipped. All of
 * it is one transaction with the input offset. Never waits for QCC.
 *
 * A batch that Kafka refuses for good is sent in smaller transactions, in this call or when it is delivered again, until the
 * message at fault is found. That message goes on without details, or becomes a dead letter.
 * @throws EvidenceError `unavailable`, RegistryError, LaneBrokenError and DeadLetterRunError: the batch comes again.
 */
export function createEnrichRecords(
  deps: Parameters<typeof decideRecord>[0] & {
    account: string;
    prefix: string;
    /** The consumer group. */
    group: string;
    codec: Pick<AvroCodec, 'encode' | 'carry' | 'body'>;
    runs: DeadLetterRuns;
    /** Over the messages of a partition. */
    searches: RefusalSearches<Message>;
    log: Pick<Log, 'error'>;
    metrics: Pick<Metrics, 'enriched' | 'deadLetters'>;
  },
): Step {
  const { codec, log, metrics, now } = deps;
  const from = topicName(deps.prefix, TOPICS.records);

  return async function enrichRecords(input) {
    const { lane, messages } = input;
    const search = deps.searches.of(String(lane.partition));
    for (let at = 0; at < messages.length; ) {
      const part = messages.slice(at, at + search.most);
      const isLast = at + part.length === messages.length;
      const nextOffset = isLast ? input.nextOffset : BigInt(part.at(-1)!.offset) + 1n;
      try {
        const due = { ...input, messages: part, nextOffset };
        const batch = openTracedBatch({
          operation: 'process',
          topic: TOPICS.records,
          prefix: deps.prefix,
          partition: lane.partition,
          group: deps.group,
        });
        await (batch ? batch.run(() => enrichPart(due, search, batch)) : enrichPart(due, search));
      } catch (error) {
        // A message that is refused before it is sent does not break the lane.
        if (search.failed(part, error) && !lane.signal.aborted) continue;
        throw error;
      }
      search.committed(part);
      at += part.length;
    }
  };

  async function enrichPart(
    { lane, state: resolver, messages, nextOffset }: Parameters<Step>[0],
    search: RefusalSearch<Message>,
    batch?: TracedBatch,
  ): Promise<void> {
    const { partition } = lane;
    const dead: Dead = new Map();
    const entries: PendingEntry[] = [];
    const output = new TransactionOutput({ codec, partition });
    const outbox = lane.outbox();
    const unpacked: Decision[] = [];
    for (let at = 0; at < messages.length; at += MESSAGES_AT_ONCE) {
      const some = messages.slice(at, at + MESSAGES_AT_ONCE);
      for (const { message, decided } of await decide(some, { partition, dead, batch })) {
        const decision = afterRefusals(decided, search.refusalsOf(message), {
          hasEntry: false,
          toDeadLetter: (record, { reason, message: text }) =>
            deadLetter(dead, { message, partition, reason, text, record }),
        });
        if (outbox.byteLength >= MOST_PACKED_BYTES) unpacked.push(decision);
        else for (const each of output.messagesOf(decision)) outbox.add(each);
        if (decision.kind === 'deferred') entries.push(decision.entry);
        else if (decision.kind === 'pending') entries.push({ ...decision.entry, published: true });
      }
      // Other partitions' turn.
      await setImmediate();
    }
    const reasonOf = (message: Message) => dead.get(message)?.reason ?? null;
    const settleRun = deps.runs.check({ topic: from, partition }, messages, reasonOf);
    const undecodable = [...dead.values()].filter(({ reason }) => reason === UNDECODABLE);

    let stored: StoredRange[] = [];
    await lane.transact(
      async (transaction) => {
        stored = await transaction.send(output.messages(unpacked, now()), outbox);
        await transaction.send(undecodable.map(({ deadLetter }) => deadLetter));
      },
      { nextOffset },
    );
    settleRun();
    output.count(metrics);
    for (const { reason } of dead.values()) metrics.deadLetters.inc({ reason });
    // Each has one message there, in this order.
    const offsets = offsetsOn({ topic: topicName(deps.prefix, TOPICS.pendingDetails), partition }, stored);
    resolver.take(
      entries.map((entry, at) => toDetailTask(deps, entry, offsets[at]!)),
      entries,
    );
  }

  /** Returns the decisions about the records in some messages, in order. Messages that do not decode are added to `dead`. */
  async function decide(
    messages: readonly Message[],
    { partition, dead, batch }: { partition: number; dead: Dead; batch: TracedBatch | undefined },
  ): Promise<{ message: Message; decided: Decision }[]> {
    const own: { message: Message; record: PassThroughRecord }[] = [];
    for (const message of messages) {
      try {
        const body = codec.body('records', message.value ?? Buffer.alloc(0));
        // Waited for only where the registry is asked: a promise for each record costs more than reading it.
        const record = readPassThroughRecord(Buffer.isBuffer(body) ? body : await body);
        // Another account's is left to its services.
        if (record.account === deps.account) own.push({ message, record });
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        deadLetter(dead, { message, partition, reason: UNDECODABLE, text: describeError(error) });
      }
    }
    if (batch) for (const { message, record } of own) record.trace = batch.take(traceOf(message), record);
    const limit = pLimit(KEPT_RESPONSES_AT_ONCE);
    // Only later revisions read the evidence store. For all others, the queue would take as long as reading them.
    const decisions = own.map(({ record }) =>
      record.revision > 0 ? limit(() => decideRecord(deps, record)) : decideRecord(deps, record),
    );
    // Of many values Promise.all makes as many promises.
    const ready = decisions.every(isAtHand) ? decisions : await Promise.all(decisions);
    return own.map(({ message }, at) => ({ message, decided: ready[at]! }));
  }

  function deadLetter(
    dead: Dead,
    input: { message: Message; partition: number; reason: DeadLetterReason; text: string; record?: PassThroughRecord },
  ): Outgoing {
    const { message, partition, reason, text, record } = input;
    const deadLetter = deadMessage({
      account: deps.account,
      topic: from,
      partition,
      message,
      stage: 'detail-enricher',
      reason,
      text,
      now: now(),
      ...(record && {
        orderNo: record.orderNo,
        revision: record.revision,
        position: record.position,
        archiveSha256: archiveSha256Of(record),
      }),
    });
    dead.set(message, { reason, deadLetter });
    const order = record && { orderNo: record.orderNo, ...traceFields(record.trace) };
    log.error({ ...order, reason, partition, offset: message.offset }, text);
    return deadLetter;
  }
}

const isAtHand = (decision: Decision | Promise<Decision>): decision is Decision => !(decision instanceof Promise);
