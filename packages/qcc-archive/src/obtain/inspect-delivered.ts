import { inSpan } from 'qcc-core/base/tracing/spans';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { ArchiveError } from '../errors.ts';
import type { ArchiveSource, ReadLimits } from '../inspect-archive.ts';
import type { spoolChanges } from '../spool-changes.ts';
import type { InspectDelivered } from './steps.ts';

/** A broken download never causes these, so a second download does not help, and a zip bomb is not read twice. */
const PACKED_REASONS: readonly DeadLetterReason[] = [
  'ARCHIVE_LIMITS',
  'ARCHIVE_JSON_DAMAGED',
  'ARCHIVE_ENVELOPE_INVALID',
];

/** Reads a delivered archive to its end (`spoolChanges`). The file of its changes is in the same folder. */
export const createInspectDelivered =
  (deps: { limits: ReadLimits; spoolChanges: typeof spoolChanges }): InspectDelivered =>
  ({ delivered, file }, signal) =>
    inSpan({ name: 'inspect archive', attributes: { archiveBytes: delivered.bytes } }, async (span) => {
      const { password, ...archive } = delivered;
      const source: ArchiveSource = { file: file.path, password, limits: deps.limits, signal };
      try {
        const { inspection, changes } = await deps.spoolChanges(source, `${file.path}.changes`);
        span.set({ records: inspection.elements, rejected: inspection.rejected });
        const owned = new AsyncDisposableStack();
        owned.use(file.move());
        owned.use(changes);
        return {
          kind: 'inspected',
          archive: { ...archive, source, inspection, changes, [Symbol.asyncDispose]: () => owned.disposeAsync() },
        };
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        span.fail(error.code);
        const freshLinkMayHelp = delivered.unconfirmed || !PACKED_REASONS.includes(error.code);
        return { kind: 'refused', reason: error.code, message: error.message, freshLinkMayHelp };
      }
    });
