import { WaitError } from 'qcc-archive/errors';
import { createAskLink } from 'qcc-archive/obtain/ask-link';
import { createDownloadArchive } from 'qcc-archive/obtain/download-archive';
import { createInspectDelivered } from 'qcc-archive/obtain/inspect-delivered';
import { obtainArchive } from 'qcc-archive/obtain/obtain-archive';
import { openSpoolFile, type SpoolFolder } from 'qcc-archive/obtain/spool-folder';
import { createSpoolKept } from 'qcc-archive/obtain/spool-kept';
import { readElements } from 'qcc-archive/read-elements';
import { spoolChanges } from 'qcc-archive/spool-changes';
import { redactRow } from 'qcc-clickhouse/rows/erase-row';
import { createSealer } from 'qcc-core/base/sealing';
import { readSettings } from 'qcc-core/base/settings';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { createCallBreaker } from 'qcc-core/qcc/call-breaker';
import { downloadBy } from 'qcc-core/qcc/download-by';
import { createArchiveRepository } from 'qcc-evidence/archive-repository';
import { connectEvidence } from '../connect-evidence.ts';
import { connectQcc } from '../connect-qcc.ts';
import { inSpool, openSpool } from '../remove-at-end.ts';
import { replayedOrder } from '../replay-order.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';
import { digestChange, type OccurrenceDigest } from './occurrence.ts';
import type { Redactor } from './places.ts';
import { toChangeColumns } from './record-columns.ts';

/** The contents of an order's archive, from QCC or else from the kept original, or the reason why neither can be read. */
export type ArchiveReading =
  | { kind: 'read'; occurrences: Map<number, OccurrenceDigest>; isKept: boolean }
  /** `isLost`: neither QCC nor the evidence store has it any more. */
  | { kind: 'unavailable'; why: string; isLost: boolean };

/** Of a signed fetch: QCC does not know the order, or its file host does not have the archive. */
const LOST_REASONS: readonly DeadLetterReason[] = ['ORDER_UNKNOWN', 'DOWNLOAD_FAILED'];

export type ArchiveReader = AsyncDisposable & {
  /**
   * Downloads by getDownloadUrl, one order at a time. If QCC does not provide the archive, it reads the kept original. It never uses a
   * callback's link. If QCC or its file host refuses, the result is `unavailable`.
   */
  read(order: { account: string; orderNo: string }, eraser: Redactor): Promise<ArchiveReading>;
};

/**
 * Disposing the reader closes its client and removes its spool.
 * @throws SettingsError
 */
export async function openArchiveReader(terminal: Terminal): Promise<ArchiveReader> {
  const settings = readSettings(terminal.env, [
    'QCC_DOWNLOAD_HOSTS',
    'QCC_ALLOW_PRIVATE_HOSTS',
    'QCC_PROXY_URL',
    'ARCHIVE_MAX_BYTES',
    'ENTRY_MAX_BYTES',
    'QUOTA_OPENS_AT',
    'SEALING_KEY',
  ]);
  await using opened = new AsyncDisposableStack();
  const client = opened.use(connectQcc(terminal));
  const { path } = opened.use(await openSpool('audit'));
  const store = opened.use(await connectEvidence(terminal));
  const sealer = createSealer(settings.SEALING_KEY);
  const spoolKept = createSpoolKept({ repository: createArchiveRepository(store), sealer });
  const spool: SpoolFolder = { path, files: new Set() };
  const askLink = createAskLink({
    client,
    sealer,
    breaker: createCallBreaker({ quotaOpensAt: settings.QUOTA_OPENS_AT, now: Date.now }),
    askListing: async () => 'listed',
  });
  const download = createDownloadArchive({ download: downloadBy(settings) });
  const inspect = createInspectDelivered({ limits: { entryMaxBytes: settings.ENTRY_MAX_BYTES }, spoolChanges });
  const signal = new AbortController().signal;
  const kept = opened.move();
  return {
    async read({ account, orderNo }, eraser) {
      const order = replayedOrder({ account, orderNo, now: Date.now() });
      let isKept = false;
      const deps = { spool, patience: { isOver: () => true, end() {} } };
      try {
        const fetched = await obtainArchive(deps, order, {
          async fetchOnce({ trustCallback }) {
            const linked = await askLink(order, { trustCallback, signal });
            if (linked.kind === 'refused') return linked;
            return await inSpool(path, async () => {
              await using file = openSpoolFile(spool);
              const downloaded = await download({ order, link: linked.link, file }, signal);
              return downloaded.kind === 'refused' ? downloaded : await inspect({ ...downloaded, file }, signal);
            });
          },
          readKept: () =>
            inSpool(path, async () => {
              await using file = openSpoolFile(spool);
              const delivered = await spoolKept(order, file.path);
              isKept = delivered !== null;
              return delivered && (await inspect({ delivered, file }, signal));
            }),
        });
        if (fetched.kind === 'refused')
          return {
            kind: 'unavailable',
            why: `${fetched.reason}: ${fetched.message}`,
            isLost: LOST_REASONS.includes(fetched.reason) && fetched.mayPass !== true,
          };
        await using archive = fetched.archive;
        const { inspection, sha256: archiveSha256 } = archive;
        const { pushDate } = inspection;
        const context = { account, orderNo, revision: 0, source: 'replay', archiveSha256, pushDate };
        const occurrences = new Map<number, OccurrenceDigest>();
        for await (const batch of readElements({ ...archive.source, inspection, context })) {
          for (const outcome of batch) {
            if (outcome.kind !== 'record') continue;
            const digest = digestChange(redactRow(eraser, toChangeColumns(outcome.record)));
            occurrences.set(outcome.record.position, { copies: 1, digest });
          }
        }
        return { kind: 'read', occurrences, isKept };
      } catch (error) {
        if (!(error instanceof WaitError || error instanceof CommandFailure)) throw error;
        return { kind: 'unavailable', why: error.message, isLost: false };
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
