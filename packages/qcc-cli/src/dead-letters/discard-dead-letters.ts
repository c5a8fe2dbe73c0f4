import type { ArchiveRepository } from 'qcc-evidence/archive-repository';
import type { Decision } from '../confirm.ts';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { readLedgerSets } from '../ledger-sets.ts';
import type { DeadLetter } from './dead-letter.ts';
import { DEAD_LETTER_WRITER, readSettledIds, toDeadLetterNote } from './dead-letter-actions.ts';
import { discardRecords } from './discard-records.ts';

type RecordDeadLetter = DeadLetter & { account: string; orderNo: string; position: number };

export type DiscardResult = {
  /** The records that were discarded, by order. `isKept` says whether the decision could be stored with originals of the order. */
  records: readonly { orderNo: string; revision: number; positions: readonly number[]; isKept: boolean }[];
  /** All other dead letters for which the decision was noted on `dead-letter-actions`. */
  noted: readonly DeadLetter[];
  /** Somebody replayed or discarded them before: nothing was done. */
  before: readonly DeadLetter[];
};

/**
 * Records a person's decision that nothing more is done about these dead letters. If the ledger waits for the record of a dead
 * letter, the record is discarded in the ledger (see `discardRecords`). Every other dead letter gets a note on
 * `dead-letter-actions`. The first note stays, because only one writer works at a time, and it reads earlier notes first.
 */
export async function discardDeadLetters(
  deps: { kafkaSide: KafkaSide; clickhouse: ClickHouseSide; archives: Pick<ArchiveRepository, 'keepDiscard'> },
  { deadLetters, decision, now }: { deadLetters: readonly DeadLetter[]; decision: Decision; now: number },
): Promise<DiscardResult> {
  const { who, why } = decision;
  const records: DiscardResult['records'][number][] = [];
  const others: DeadLetter[] = deadLetters.filter((deadLetter) => deadLetter.isOpen && !isOfRecord(deadLetter));
  const ofOrders = Map.groupBy(
    deadLetters.filter((deadLetter): deadLetter is RecordDeadLetter => deadLetter.isOpen && isOfRecord(deadLetter)),
    ({ account, orderNo }) => JSON.stringify([account, orderNo]),
  );
  for (const ofOrder of ofOrders.values()) {
    const { account, orderNo } = ofOrder[0]!;
    const newest = (await readLedgerSets(deps.clickhouse, { account, orderNo })).at(-1);
    const stored = new Set(newest?.stored);
    const awaited = new Set(newest?.rejected.filter((position) => !stored.has(position)));
    const isAwaited = ({ revision, position }: RecordDeadLetter) =>
      (revision ?? 0) === newest?.revision && awaited.has(position);
    others.push(...ofOrder.filter((deadLetter) => !isAwaited(deadLetter)));
    const positions = [...new Set(ofOrder.filter(isAwaited).map(({ position }) => position))].sort((a, b) => a - b);
    if (positions.length === 0) continue;
    const discarded = await discardRecords(deps, { account, orderNo, positions, who, why, at: now });
    records.push({ orderNo, positions, ...discarded });
  }
  const noted = others.length === 0 ? [] : await noteOnce(deps.kafkaSide, { deadLetters: others, decision, now });
  const ids = new Set(noted.map(({ id }) => id));
  const before = [...deadLetters.filter(({ isOpen }) => !isOpen), ...others.filter(({ id }) => !ids.has(id))];
  return { records, noted, before };
}

const isOfRecord = ({ account, orderNo, position }: DeadLetter): boolean =>
  account !== null && orderNo !== null && position !== null;

async function noteOnce(
  kafkaSide: KafkaSide,
  { deadLetters, decision, now }: { deadLetters: readonly DeadLetter[]; decision: Decision; now: number },
): Promise<DeadLetter[]> {
  await using writer = await openFencedWriter(kafkaSide, DEAD_LETTER_WRITER);
  const settled = await readSettledIds(kafkaSide);
  const due = deadLetters.filter(({ id }) => !settled.has(id));
  const by = { action: 'DISCARDED', at: now, orderNo: null, decidedBy: decision.who, reason: decision.why } as const;
  const toNote = ({ id, account }: DeadLetter) =>
    toDeadLetterNote(kafkaSide.codec, { deadLetterId: id, account, ...by });
  if (due.length > 0) await writer.write(due.map(toNote));
  return due;
}
