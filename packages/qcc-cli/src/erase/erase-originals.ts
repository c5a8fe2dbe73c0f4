import { isUtf8 } from 'node:buffer';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveError } from 'qcc-archive/errors';
import type { ReadLimits } from 'qcc-archive/inspect-archive';
import { readChange } from 'qcc-archive/read-change';
import { type ChangeElement, rewriteArchive } from 'qcc-archive/rewrite-archive';
import { type Sealer, SealingError } from 'qcc-core/base/sealing';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import {
  type ArchiveRepository,
  type KeptArchive,
  type KeptRefusal,
  passwordContext,
} from 'qcc-evidence/archive-repository';
import { type Eraser, erasedStub } from 'qcc-evidence/erasure/eraser';
import { namedCompany } from 'qcc-evidence/erasure/subject';
import type { ResponseRepository } from 'qcc-evidence/response-repository';
import { isOriginalsFault } from '../evidence/write-bundle.ts';
import { inSpool } from '../remove-at-end.ts';

export type OriginalsDeps = {
  archives: Pick<ArchiveRepository, 'orders' | 'copyArchive' | 'replaceArchive' | 'deleteArchive'>;
  responses: Pick<ResponseRepository, 'rewrite'>;
  sealer: Pick<Sealer, 'open'>;
  /** For two archives at a time. */
  spoolDir: string;
  limits: ReadLimits;
};

export type ErasedOriginals = {
  archives: number;
  records: number;
  responses: number;
  /** Originals that were deleted unread. */
  unread: number;
  /** Messages about originals that could not be read and are still there: what is in them is not erased. */
  unreadable: string[];
};

/**
 * Erases from kept originals: an archive is written again with a stub in the place of each record of a covered company, and
 * without erased names; responses about such a company are deleted.
 *
 * A refused archive that is in the store but still cannot be read is deleted, whatever it contains. Any other unreadable original is
 * deleted only with `deleteUnreadable`. An archive that SEALING_KEY does not open, or whose note is damaged, is never deleted. One
 * unreadable original does not stop the others. Archives that an earlier call already checked up to the newest erasure are skipped.
 * @throws EvidenceError `unavailable`, SealingError `unknown-key`. Completed changes stay, and the call can be repeated.
 */
export async function eraseOriginals(
  deps: OriginalsDeps,
  input: { account: string; eraser: Eraser; responsesSince: number; dryRun: boolean; deleteUnreadable: boolean },
): Promise<ErasedOriginals> {
  const { account, eraser, responsesSince, dryRun, deleteUnreadable } = input;
  const done: ErasedOriginals = { archives: 0, records: 0, responses: 0, unread: 0, unreadable: [] };
  const onAlteredNote = ({ message }: Error) => void done.unreadable.push(message);
  for await (const { orderNo, archives, refusals } of deps.archives.orders(account, onAlteredNote)) {
    // One that was refused once and read later is one archive.
    const refused = refusals.filter(({ sha256 }) => !archives.some((archive) => archive.sha256 === sha256));
    for (const archive of [...archives, ...refused]) {
      if ((archive.erasedUntil ?? 0) >= eraser.newestAt) continue;
      try {
        const records = await inSpool(deps.spoolDir, () => eraseArchive(deps, { archive, eraser, dryRun }));
        done.records += records;
        if (records > 0) done.archives += 1;
      } catch (error) {
        if (!isOriginalsFault(error)) throw error;
        // With another SEALING_KEY it may open. One that was refused never could be read; one that is missing may be restored.
        const wasRefused = 'reason' in archive && error instanceof ArchiveError;
        const isDeleted = !(error instanceof SealingError) && (deleteUnreadable || wasRefused);
        if (!isDeleted) done.unreadable.push(`order ${orderNo}: ${error.message}`);
        else {
          if (!dryRun) await deps.archives.deleteArchive(archive, eraser.newestAt);
          done.unread += 1;
        }
      }
    }
  }
  const change = (response: RawResponse) => eraseResponse(eraser, account, response);
  const ofAltered = ({ message }: Error) => {
    if (deleteUnreadable) done.unread += 1;
    else done.unreadable.push(message);
    return deleteUnreadable ? 'delete' : 'keep';
  };
  const { rewritten, deleted } = await deps.responses.rewrite({
    account,
    putSince: responsesSince,
    change,
    ofAltered,
    dryRun,
  });
  done.responses = rewritten + deleted;
  return done;
}

/** What the option does, for commands that have it. */
export const DELETE_UNREADABLE =
  'delete kept archives and detail responses that cannot be read, whatever is in them; --dry-run names them without it';

/** Describes originals that were deleted, or would be, because they cannot be read. */
export const describeUnread = (unread: number, dryRun: boolean): string =>
  `${unread} originals that cannot be read ${dryRun ? 'would be' : 'were'} deleted. Their contents are unknown.`;

/** Names the originals that cannot be read and are still there, and the remedy. */
export const describeUnreadable = (unreadable: readonly string[]): string =>
  [
    `${unreadable.length} originals cannot be read, and nothing in them is erased:`,
    ...unreadable.map((each) => `  ${each}`),
    'Restore them from a backup, or add the key that sealed them to SEALING_KEY, and run this command again. --delete-unreadable deletes the archives and responses among them, whatever is in them. If a note or a sealed password is damaged, delete these objects yourself.',
  ].join('\n');

/** @returns how many of its records changed. */
async function eraseArchive(
  deps: OriginalsDeps,
  { archive, eraser, dryRun }: { archive: KeptArchive | KeptRefusal; eraser: Eraser; dryRun: boolean },
): Promise<number> {
  const { archives, sealer, spoolDir, limits } = deps;
  if ('reason' in archive && archive.deletedFor !== undefined) {
    if (!dryRun) await archives.deleteArchive(archive, eraser.newestAt);
    return 0;
  }
  const file = join(spoolDir, `${archive.sha256}.zip`);
  const toFile = join(spoolDir, `${archive.sha256}.new.zip`);
  await using spool = new AsyncDisposableStack();
  for (const each of [file, toFile]) spool.defer(() => rm(each, { force: true }));
  await archives.copyArchive(archive, file);
  const password = await sealer.open(archive.sealedUnzipPassword, passwordContext(archive));
  const change = changeElement(eraser, archive.account);
  const rewritten = await rewriteArchive({ file, password, limits }, { toFile, change });
  if (!dryRun) await archives.replaceArchive(archive, rewritten && { file: toFile, ...rewritten }, eraser.newestAt);
  return rewritten?.changed ?? 0;
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
function eraseResponse(eraser: Eraser, account: string, response: RawResponse): RawResponse | null {
  const owner = { account, corpKeyNo: response.query.corpKeyNo ?? null };
  if (eraser.covers(owner) !== null) return null;
  if (!response.body || !isUtf8(response.body)) return response;
  const text = response.body.toString('utf8');
  const after = eraser.redact(owner, text);
  return after === text ? response : { ...response, body: Buffer.from(after) };
}
