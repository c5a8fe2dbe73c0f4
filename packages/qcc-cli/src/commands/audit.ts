import type { Command } from 'commander';
import { readSettings } from 'qcc-core/base/settings';
import { openErasureList } from 'qcc-evidence/erasure/erasure-list';
import { auditOrders } from '../audit/audit-orders.ts';
import type { Difference } from '../audit/compare-revision.ts';
import { openArchiveReader } from '../audit/read-archive.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectKafka } from '../connect-kafka.ts';
import { describePositions, describeRanges, renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

const DAY_MS = 86_400_000;
const SHOWN_RANGES = 10;

export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description(
      "Compares QCC's archive (or the kept original if QCC has none), the topics, the ledger and the table record_history, occurrence by occurrence. The exit code is 1 if they differ, if an order failed, makes no progress or is incomplete (other than by rejected records), or if an archive could not be read.",
    )
    .argument('[order]', 'only this order')
    .option('--no-archive', 'leave the archives out: no call to QCC')
    .action(async (orderNo: string | undefined, { archive }: { archive: boolean }) => {
      const {
        ACCOUNT: account,
        ERASURE_KEY: key,
        EVIDENCE_RETENTION_DAYS: days,
      } = readSettings(terminal.env, ['ACCOUNT', 'ERASURE_KEY', 'EVIDENCE_RETENTION_DAYS']);
      await using archives = archive ? await openArchiveReader(terminal) : null;
      await using clickhouse = connectClickHouse(terminal);
      const kafkaSide = await connectKafka(terminal);
      const { kafka, codec, settings } = kafkaSide;
      const readErasures = openErasureList({ kafka, codec, prefix: settings.TOPIC_PREFIX, key });
      const deps = { kafkaSide, clickhouse, archives, readErasures, now: Date.now, evidenceRetentionMs: days * DAY_MS };
      const report = await auditOrders(deps, { account, orderNo });
      const { revisions, occurrences, erased, differences, notes, withoutArchive } = report;
      if (orderNo !== undefined && revisions === 0 && notes.length === 0 && differences.length === 0) {
        throw new CommandFailure(`neither the ledger nor the topics have an order ${orderNo} of account ${account}`);
      }
      for (const note of notes) terminal.print(`Note: ${note}.`);
      terminal.print(
        `Compared ${occurrences} occurrences in ${revisions} orders and revisions${erased > 0 ? `; erased ${erased}` : ''}.`,
      );
      if (differences.length === 0) {
        terminal.print('No differences.');
        if (withoutArchive.length === 0) return;
        throw new CommandFailure(
          `the archives of ${withoutArchive.length} orders could not be compared: ${withoutArchive.join(', ')}. Run it again when QCC answers; if an archive is lost for good, \`npx qcc order close ORDER --who NAME --why TEXT\` closes its order; --no-archive leaves archives out`,
        );
      }
      terminal.print(
        renderTable(
          ['order', 'revision', 'what', 'positions'],
          differences.map((difference) => [
            difference.orderNo,
            difference.revision,
            describeDifference(difference),
            difference.kind === 'NOT_WHOLE'
              ? describeRanges(difference.ranges, SHOWN_RANGES)
              : describePositions(difference.positions, SHOWN_RANGES),
          ]),
          { columns: terminal.columns },
        ),
      );
      const orders = new Set(differences.map((difference) => difference.orderNo));
      throw new CommandFailure(
        `${orders.size} orders differ between places or are incomplete: ${[...orders].join(', ')}`,
      );
    });
}

function describeDifference(difference: Difference): string {
  switch (difference.kind) {
    case 'MISSING':
      return `missing in ${difference.place}, but present in ${difference.against}`;
    case 'UNEXPECTED':
      return `present in ${difference.place}, but not in ${difference.against}`;
    case 'DOUBLED':
      return `more than once in ${difference.place}`;
    case 'CHANGED':
      return `${difference.place} differs from ${difference.against}: ${difference.columns.join(', ')}`;
    case 'NOT_WHOLE':
      return difference.why;
    default:
      return difference satisfies never;
  }
}
