import type { Command } from 'commander';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { readStatedKeys } from 'qcc-clickhouse/key-ids';
import { MigrationError, migrate } from 'qcc-clickhouse/migrate/migrate';
import { describeUnfinished } from 'qcc-clickhouse/migrate/run-on-cluster';
import { createClickHouseProbe } from 'qcc-clickhouse/require-clickhouse';
import { readServerTime } from 'qcc-clickhouse/rows/follow-up-derivations';
import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { createSealer } from 'qcc-core/base/sealing';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { shanghaiDay } from 'qcc-core/base/shanghai-time';
import { createArchiveRepository, type KeptOrder } from 'qcc-evidence/archive-repository';
import { createErasureRepository } from 'qcc-evidence/erasure-repository';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import { connectEvidence } from '../connect-evidence.ts';
import { readKeptErasures } from '../erase/connect-originals.ts';
import { erasedMeanwhile } from '../erase/erased-meanwhile.ts';
import { isOriginalsFault } from '../evidence/write-bundle.ts';
import { parseShanghaiDay } from '../parse-options.ts';
import { forgetPseudonyms } from '../rebuild/forget-pseudonyms.ts';
import { planSegments } from '../rebuild/plan-segments.ts';
import { rebuildErasures, rebuildRevision } from '../rebuild/rebuild-order.ts';
import { reviewChanges } from '../rebuild/review-changes.ts';
import { inSpool, openSpool } from '../remove-at-end.ts';
import { requireSameKey } from '../require-same-key.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Options = { database: string; from?: string; to?: string };

export function addRebuildCommand(program: Command, terminal: Terminal): void {
  program
    .command('rebuild')
    .description(
      'Rebuilds records, details and ledger from the kept originals (EVIDENCE_URL). Existing rows are not deleted; the row with the highest version counts.',
    )
    .requiredOption('--database <name>', 'ClickHouse database to write to; it is created if it does not exist')
    .option('--from <day>', 'only orders pushed on this Shanghai day (YYYY-MM-DD) or later', parseShanghaiDay)
    .option('--to <day>', 'only orders pushed on this Shanghai day or earlier', parseShanghaiDay)
    .action((options: Options) => rebuild(terminal, options));
}

async function rebuild({ env, print, watch }: Terminal, { database, from = '', to = '9999' }: Options): Promise<void> {
  if (from > to) throw new CommandFailure(`--from ${from} is after --to ${to}; nothing was rebuilt`);
  const settings = readSettings({ ...env, CLICKHOUSE_DATABASE: database }, [
    ...CLICKHOUSE_SETTINGS,
    'ACCOUNT',
    'SEALING_KEY',
    'ENTRY_MAX_BYTES',
    'ERASURE_KEY',
    'PSEUDONYM_KEY',
  ]);
  watch(createClickHouseProbe(settings));
  await using resources = new AsyncDisposableStack();
  const store = resources.use(await connectEvidence({ env, watch }));
  const client = resources.use(createClickHouse(settings));
  const spool = resources.use(await openSpool('rebuild'));
  const { CLICKHOUSE_CLUSTER: cluster, MIGRATIONS: mode } = settings;
  await migrate(client, {
    database,
    mode,
    ...(cluster !== undefined && { cluster }),
    onUnfinished: (hosts) => print(describeUnfinished(hosts)),
  }).catch((error: unknown) => {
    // Its remedy is to start the sink, which does not create this database.
    if (!(error instanceof MigrationError) || mode === 'apply') throw error;
    throw new CommandFailure(
      `database ${database} lacks tables, and MIGRATIONS is check: run this command with MIGRATIONS=apply, as a user who may create them; nothing was rebuilt`,
    );
  });

  const pseudonyms = createPseudonyms(settings.PSEUDONYM_KEY);
  const stated = await readStatedKeys({ client, database }, 'PSEUDONYM_KEY');
  if (stated.length > 0) requireSameKey('PSEUDONYM_KEY', pseudonyms.keyId, stated);

  const archives = createArchiveRepository(store);
  const sealer = createSealer(settings.SEALING_KEY);
  const limits = { entryMaxBytes: settings.ENTRY_MAX_BYTES };
  const { ACCOUNT: account, ERASURE_KEY: key } = settings;
  const repository = createErasureRepository(store);
  const { erasures, eraser } = await readKeptErasures(repository, { account, key });
  const deps = {
    archives,
    responses: createResponseRepository(store),
    sealer,
    eraser,
    pseudonyms,
    client,
    database,
    spoolDir: spool.path,
    limits,
  };
  const total = { orders: 0, stored: 0, pending: 0, erased: 0 };
  await rebuildErasures({ client, database }, erasures);
  const problems: string[] = [];
  const since = await readServerTime({ client, database });

  for await (const order of archives.orders(account, ({ message }) => problems.push(message))) {
    if (!isPushedBetween(order, from, to)) continue;
    const { revisions, missing } = planSegments(order);
    problems.push(...missing.map((sha256) => `archive ${sha256} of order ${order.orderNo} is not kept any more`));
    for (const segments of revisions) {
      try {
        const rebuilt = await inSpool(spool.path, () => rebuildRevision(deps, segments, order.discards));
        const { stored, rejected, refused, underived, pending, erased, spoiltResponses } = rebuilt;
        const name = `${order.orderNo} (revision ${segments[0]?.extraction.revision})`;
        print(`${name}: ${stored} records, ${rejected} rejected, details of ${pending} pending, ${erased} erased`);
        if (spoiltResponses.size > 0) {
          problems.push(
            `order ${name}: ${spoiltResponses.size} detail responses cannot be read, so the details of their changes are pending: ${[...spoiltResponses].join(', ')}`,
          );
        }
        if (refused > 0) problems.push(`ClickHouse refuses ${refused} rows of order ${name}`);
        if (underived.length > 0) {
          problems.push(
            `order ${name} is incomplete in the tables for analysts, because a view cannot read the records at the positions ${underived.join(', ')}`,
          );
        }
        total.stored += stored;
        total.pending += pending;
        total.erased += erased;
      } catch (error) {
        // One unreadable original must not stop the others.
        if (!isOriginalsFault(error)) throw error;
        problems.push(`order ${order.orderNo}: ${error.message}`);
      }
    }
    total.orders += 1;
  }
  await reviewChanges({ client, database }, since);
  if (pseudonyms.keyId !== null) await forgetPseudonyms({ client, database, cluster });
  if ((await repository.all(account)).some(({ at }) => at > eraser.newestAt))
    throw new CommandFailure([erasedMeanwhile(database), ...problems].join('\n  '));
  print(
    `${total.orders} orders from ${store.place} in ${database}: ${total.stored} records, ${total.pending} pending, ${total.erased} erased.`,
  );
  if (problems.length > 0) throw new CommandFailure(`not everything could be rebuilt:\n  ${problems.join('\n  ')}`);
  if (total.orders === 0) {
    throw new CommandFailure(
      `${store.place} has no order of account ${account} to rebuild: check EVIDENCE_URL, ACCOUNT, --from and --to`,
    );
  }
}

const isPushedBetween = ({ archives }: KeptOrder, from: string, to: string): boolean =>
  archives.some(({ pushDate }) => from <= shanghaiDay(pushDate) && shanghaiDay(pushDate) <= to);
