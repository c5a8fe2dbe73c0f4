import { isUtf8 } from 'node:buffer';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveError } from 'archive-extractor/archive-error';
import { readChange } from 'archive-extractor/parse-element';
import type { ReadLimits } from 'archive-extractor/read-archive';
import { type ChangeElement, rewriteArchive } from 'archive-extractor/rewrite-archive';
import { type Eraser, erasedStub } from 'qcc-core/erasure/eraser';
import { namedCompany } from 'qcc-core/erasure/named-company';
import type { AnswerShelf } from 'qcc-core/evidence/answer-shelf';
import {
  type ArchiveShelf,
  type KeptArchive,
  type KeptRefusal,
  passwordContext,
} from 'qcc-core/evidence/archive-shelf';
import type { RawAnswer } from 'qcc-core/qcc/raw-answer';
import type { Sealer } from 'qcc-core/sealing';

export type OriginalsDeps = {
  archives: Pick<ArchiveShelf, 'orders' | 'copyArchive' | 'replaceArchive' | 'deleteRefused'>;
  answers: Pick<AnswerShelf, 'rewrite'>;
  sealer: Pick<Sealer, 'open'>;
  /** For two archives at a time. */
  spoolDir: string;
  limits: ReadLimits;
};

/** `refused` archives were deleted unread. */
export type ErasedOriginals = { archives: number; records: number; answers: number; refused: number };

/**
 * Takes out of kept originals what was erased: an archive is written anew with a stub in the place of each record of a
 * covered company, and without erased names; answers about such a company go. So does an archive that was refused and that
 * nobody can look into, whatever is in it. What was looked through before, up to the newest erasure, is not opened again.
 * @throws EvidenceError, SealingError, ArchiveError of one that was read before: what was done until then stays, and it may be begun again.
 */
export async function eraseOriginals(
  deps: OriginalsDeps,
  input: { account: string; eraser: Eraser; answersSince: number; dryRun: boolean },
): Promise<ErasedOriginals> {
  const { account, eraser, answersSince, dryRun } = input;
  const done: ErasedOriginals = { archives: 0, records: 0, answers: 0, refused: 0 };
  for await (const { archives, refusals } of deps.archives.orders(account)) {
    // One that was refused once and read later is one archive.
    const refused = refusals.filter(({ sha256 }) => !archives.some((archive) => archive.sha256 === sha256));
    for (const archive of [...archives, ...refused]) {
      if ((archive.erasedUntil ?? 0) >= eraser.newestAt) continue;
      const records = await eraseArchive(deps, { archive, eraser, dryRun });
      if (records === 'deleted') done.refused += 1;
      else done.records += records;
      if (records !== 'deleted' && records > 0) done.archives += 1;
    }
  }
  const change = (answer: RawAnswer) => eraseAnswer(eraser, account, answer);
  const { rewritten, deleted } = await deps.answers.rewrite({ account, putSince: answersSince, change, dryRun });
  done.answers = rewritten + deleted;
  return done;
}

/** In words, what became of archives that cannot be looked into. */
export const describeRefused = (refused: number, dryRun: boolean): string =>
  `${refused} refused archives that cannot be read ${dryRun ? 'would go' : 'are gone'}: nobody can tell what was in them.`;

/** @returns how many of its records changed. */
async function eraseArchive(
  deps: OriginalsDeps,
  { archive, eraser, dryRun }: { archive: KeptArchive | KeptRefusal; eraser: Eraser; dryRun: boolean },
): Promise<number | 'deleted'> {
  const { archives, sealer, spoolDir, limits } = deps;
  if ('reason' in archive && archive.deletedFor !== undefined) {
    if (!dryRun) await archives.deleteRefused(archive, eraser.newestAt);
    return 0;
  }
  const file = join(spoolDir, `${archive.sha256}.zip`);
  const toFile = join(spoolDir, `${archive.sha256}.new.zip`);
  await using spool = new AsyncDisposableStack();
  for (const each of [file, toFile]) spool.defer(() => rm(each, { force: true }));
  await archives.copyArchive(archive, file);
  const password = await sealer.open(archive.sealedUnzipPassword, passwordContext(archive));
  const change = changeElement(eraser, archive.account);
  try {
    const rewritten = await rewriteArchive({ file, password, limits }, { toFile, change });
    if (!dryRun) {
      await archives.replaceArchive(archive, rewritten && { file: toFile, ...rewritten }, eraser.newestAt);
    }
    return rewritten?.changed ?? 0;
  } catch (error) {
    if (!(error instanceof ArchiveError) || !('reason' in archive)) throw error;
    if (!dryRun) await archives.deleteRefused(archive, eraser.newestAt);
    return 'deleted';
  }
}

/** The change to one element of an archive; also to one that is no proper record, as far as it can be read. */
const changeElement =
  (eraser: Eraser, account: string): ChangeElement =>
  (content) => {
    if (!isUtf8(content)) return null;
    const text = content.toString('utf8');
    const outcome = readChange({ kind: 'element', position: 0, content });
    const owner =
      outcome.kind === 'change'
        ? { account, corpKeyNo: outcome.change.corpKeyNo, id: outcome.change.id }
        : { account, corpKeyNo: namedCompany(text) };
    const erasureId = eraser.covers(owner);
    const after = erasureId === null ? eraser.redact(owner, text) : erasedStub(erasureId);
    return after === text ? null : after;
  };

/** null where it goes. */
function eraseAnswer(eraser: Eraser, account: string, answer: RawAnswer): RawAnswer | null {
  const owner = { account, corpKeyNo: answer.query.corpKeyNo ?? null };
  if (eraser.covers(owner) !== null) return null;
  if (!answer.body || !isUtf8(answer.body)) return answer;
  const text = answer.body.toString('utf8');
  const after = eraser.redact(owner, text);
  return after === text ? answer : { ...answer, body: Buffer.from(after) };
}
