import { mkdir, readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { createSealer } from 'qcc-core/base/sealing';
import { EVIDENCE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { createArchiveRepository } from 'qcc-evidence/archive-repository';
import { createErasureRepository } from 'qcc-evidence/erasure-repository';
import { createEvidenceProbe } from 'qcc-evidence/evidence-probe';
import { initEvidenceStore } from 'qcc-evidence/init-store';
import { pruneEvidence } from 'qcc-evidence/prune';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import { keyPart } from 'qcc-evidence/store';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectEvidence } from '../connect-evidence.ts';
import { connectOriginals, readKeptErasures } from '../erase/connect-originals.ts';
import { DELETE_UNREADABLE, describeUnread, describeUnreadable, eraseOriginals } from '../erase/erase-originals.ts';
import { type BundledRow, writeBundle } from '../evidence/write-bundle.ts';
import { parseDays } from '../parse-options.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

const DAY_MS = 86_400_000;

type PruneOptions = { olderThanDays?: number; dryRun?: boolean; deleteUnreadable?: boolean };

export function addEvidenceCommands(program: Command, terminal: Terminal): void {
  const evidence = program
    .command('evidence')
    .description('Writes the evidence for a record to a folder: archive, record, detail responses, rows, hashes.')
    .argument('<id>', 'id of the change record')
    .option('--output <folder>', 'a new or empty folder; default evidence-ID')
    .option('--with-password', "also write the archives' passwords, in clear")
    .action((recordId: string, options: { output?: string; withPassword?: true }) =>
      bundle(terminal, recordId, options),
    );
  evidence
    .command('init')
    .description(
      'Creates the store that EVIDENCE_URL names. Services and tools refuse a folder or bucket that is not a store, because its volume may not be mounted.',
    )
    .action(async () => {
      terminal.watch(await createEvidenceProbe(readSettings(terminal.env, EVIDENCE_SETTINGS)));
      terminal.print(`Evidence is kept in ${await initEvidenceStore(terminal.env)}.`);
    });
  evidence
    .command('prune')
    .description(
      'Deletes kept originals older than EVIDENCE_RETENTION_DAYS, as the extractor does daily. Also applies all erasures to the originals that were stored after them.',
    )
    .option('--older-than-days <days>', 'instead of EVIDENCE_RETENTION_DAYS', parseDays)
    .option('--dry-run', 'only count')
    .option('--delete-unreadable', DELETE_UNREADABLE)
    .action((options: PruneOptions) => prune(terminal, options));
}

async function bundle(
  terminal: Terminal,
  recordId: string,
  { output, withPassword = false }: { output?: string; withPassword?: boolean },
): Promise<void> {
  const { env, print } = terminal;
  const settings = readSettings(env, ['ACCOUNT', 'SEALING_KEY', 'ENTRY_MAX_BYTES']);
  const { ACCOUNT: account } = settings;
  const folder = output ?? `evidence-${keyPart(recordId)}`;
  await using store = await connectEvidence(terminal);
  await using clickhouse = connectClickHouse(terminal);
  const rows = await clickhouse.jsonRows(
    `SELECT * FROM {{db}}.record_history FINAL
     WHERE account = {account: String} AND id = {recordId: String}
     ORDER BY version`,
    { account, recordId },
  );
  if (rows.length === 0) throw new CommandFailure(`account ${account} has no record ${recordId} in record_history`);

  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) {
    throw new CommandFailure(`${folder} is not empty: name another one with --output; nothing was written`);
  }
  const deps = {
    archives: createArchiveRepository(store),
    responses: createResponseRepository(store),
    sealer: createSealer(settings.SEALING_KEY),
    limits: { entryMaxBytes: settings.ENTRY_MAX_BYTES },
  };
  const occurrences = rows.map((row) => JSON.parse(row) as BundledRow);
  const missing = await writeBundle(deps, {
    folder,
    account,
    recordId,
    occurrences,
    rows,
    withPassword,
    now: Date.now(),
  });
  print(`${folder}: ${occurrences.length} occurrences of record ${recordId}; check with \`sha256sum -c SHA256SUMS\`.`);
  print('It holds complete archives, with records of other companies. Share it with care.');
  if (missing.length > 0) throw new CommandFailure(`the bundle is incomplete; missing: ${missing.join('; ')}`);
}

async function prune(
  { env, print, watch }: Terminal,
  { olderThanDays, dryRun = false, deleteUnreadable = false }: PruneOptions,
): Promise<void> {
  const settings = readSettings(env, ['EVIDENCE_RETENTION_DAYS', 'ACCOUNT', 'ERASURE_KEY']);
  const { ACCOUNT: account, ERASURE_KEY: key } = settings;
  const days = olderThanDays ?? settings.EVIDENCE_RETENTION_DAYS;
  await using store = await connectEvidence({ env, watch });
  const { objects, bytes } = await pruneEvidence(store, { account, before: Date.now() - days * DAY_MS, dryRun });
  print(
    `${store.place}: ${objects} objects (${bytes} bytes) older than ${days} days ${dryRun ? 'would be' : 'were'} deleted.`,
  );
  const { erasures, eraser } = await readKeptErasures(createErasureRepository(store), { account, key });
  if (erasures.length === 0) return;
  using originals = await connectOriginals(store, readSettings(env, ['SEALING_KEY', 'ENTRY_MAX_BYTES']));
  const responsesSince = Math.min(...erasures.map(({ at }) => at));
  const erased = await eraseOriginals(originals, { account, eraser, responsesSince, dryRun, deleteUnreadable });
  print(
    `${dryRun ? 'Would erase' : 'Erased'} again: ${erased.records} records in ${erased.archives} archives, ${erased.responses} detail responses.`,
  );
  if (erased.unread > 0) print(describeUnread(erased.unread, dryRun));
  if (erased.unreadable.length > 0) throw new CommandFailure(describeUnreadable(erased.unreadable));
}
