import type { ArchiveRepository } from 'qcc-evidence/archive-repository';
import type { Decision } from '../confirm.ts';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { readLedgerSets } from '../ledger-sets.ts';
import { discardRecords } from './discard-records.ts';
import type { Letter } from './letter.ts';
import { LETTER_WRITER, readSettledIds, toLetterNote } from './letter-actions.ts';

type RecordLetter = Letter & { account: string; orderNo: string; position: number };

export type DiscardResult = {
  /** Orders whose rejected records were discarded for their letters, and whether originals are there to keep that with. */
  records: readonly { orderNo: string; revision: number; positions: readonly number[]; isKept: boolean }[];
  /** Letters of something else than a record that the ledger waits for. */
  noted: readonly Letter[];
  /** Somebody replayed or discarded them before: nothing was done. */
  before: readonly Letter[];
};

/**
 * A person's decision that nothing more is done about these letters. Where the ledger waits for the record of a letter, the
 * record is discarded in the ledger, too (see `discardRecords`). Every other letter gets a note on `dead-letter-actions`:
 * the first one stays, as writers go one after the other and read earlier notes first.
 */
export async function discardLetters(
  deps: { kafkaSide: KafkaSide; clickhouse: ClickHouseSide; archives: Pick<ArchiveRepository, 'keepDiscard'> },
  { letters, decision, now }: { letters: readonly Letter[]; decision: Decision; now: number },
): Promise<DiscardResult> {
  const { who, why } = decision;
  const records: DiscardResult['records'][number][] = [];
  const others: Letter[] = letters.filter((letter) => letter.isOpen && !isOfRecord(letter));
  const ofOrders = Map.groupBy(
    letters.filter((letter): letter is RecordLetter => letter.isOpen && isOfRecord(letter)),
    ({ account, orderNo }) => JSON.stringify([account, orderNo]),
  );
  for (const ofOrder of ofOrders.values()) {
    const { account, orderNo } = ofOrder[0]!;
    const newest = (await readLedgerSets(deps.clickhouse, { account, orderNo })).at(-1);
    const stored = new Set(newest?.stored);
    const awaited = new Set(newest?.rejected.filter((position) => !stored.has(position)));
    const isAwaited = ({ revision, position }: RecordLetter) =>
      (revision ?? 0) === newest?.revision && awaited.has(position);
    others.push(...ofOrder.filter((letter) => !isAwaited(letter)));
    const positions = [...new Set(ofOrder.filter(isAwaited).map(({ position }) => position))].sort((a, b) => a - b);
    if (positions.length === 0) continue;
    const discarded = await discardRecords(deps, { account, orderNo, positions, who, why, at: now });
    records.push({ orderNo, positions, ...discarded });
  }
  const noted = others.length === 0 ? [] : await noteOnce(deps.kafkaSide, { letters: others, decision, now });
  const ids = new Set(noted.map(({ id }) => id));
  const before = [...letters.filter(({ isOpen }) => !isOpen), ...others.filter(({ id }) => !ids.has(id))];
  return { records, noted, before };
}

const isOfRecord = ({ account, orderNo, position }: Letter): boolean =>
  account !== null && orderNo !== null && position !== null;

async function noteOnce(
  kafkaSide: KafkaSide,
  { letters, decision, now }: { letters: readonly Letter[]; decision: Decision; now: number },
): Promise<Letter[]> {
  await using writer = await openFencedWriter(kafkaSide, LETTER_WRITER);
  const settled = await readSettledIds(kafkaSide);
  const due = letters.filter(({ id }) => !settled.has(id));
  const by = { action: 'DISCARDED', at: now, orderNo: null, decidedBy: decision.who, reason: decision.why } as const;
  const toNote = ({ id, account }: Letter) => toLetterNote(kafkaSide.codec, { deadLetterId: id, account, ...by });
  if (due.length > 0) await writer.write(due.map(toNote));
  return due;
}
