import { type Command, Option } from 'commander';
import { accountNames } from 'qcc-core/base/accounts';
import { readSettings } from 'qcc-core/base/settings';
import { shellArgument } from 'qcc-core/base/shell-argument';
import { DEAD_LETTER_REASONS } from 'qcc-core/contract/dead-letter-reasons';
import { createArchiveRepository } from 'qcc-evidence/archive-repository';
import { type Decision, requireDecision } from '../confirm.ts';
import { type ClickHouseSide, connectClickHouse } from '../connect-clickhouse.ts';
import { connectEvidence } from '../connect-evidence.ts';
import { connectKafka } from '../connect-kafka.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { discardDeadLetters } from '../dead-letters/discard-dead-letters.ts';
import { discardRecords } from '../dead-letters/discard-records.ts';
import { planReplay, type ReplayPlan, type ReplayUnit } from '../dead-letters/plan-replay.ts';
import { replayDeadLetters } from '../dead-letters/replay-dead-letters.ts';
import { type DeadLetterFilter, listDeadLetters, selectDeadLetters } from '../dead-letters/select-dead-letters.ts';
import { parseCount, parseInstant, parsePositions } from '../parse-options.ts';
import { describePositions, renderTable } from '../render-table.ts';
import { requireKnownAccount } from '../require-known-account.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type ReplayOptions = DeadLetterFilter & { dryRun?: boolean; again?: boolean };

const DEFAULT_LAST = 50;
const LONG_REPLAY = 100;
const SHOWN_UNITS = 50;

export function addDeadLettersCommands(program: Command, terminal: Terminal): void {
  const deadLetters = program
    .command('dead-letters')
    .description(
      'Messages, records and rows that could not be processed; docs/dead-letters.md has the remedy for each reason.',
    );
  withFilter(deadLetters.command('list'))
    .description('Lists open dead letters, the newest first.')
    .option('--all', 'include dead letters that were replayed, discarded or otherwise settled')
    .option('--last <count>', 'how many', parseCount, DEFAULT_LAST)
    .action((options: DeadLetterFilter) => list(terminal, options));
  withFilter(deadLetters.command('replay'))
    .description(
      'Replays each dead letter once. If a dead letter of the extractor or enricher is about an order or record, the order is fetched and published again. Any other message is sent to its topic again. Orders that QCC did not have (ORDER_UNLISTED, ORDER_UNKNOWN) are replayed only with --order or --id.',
    )
    .option('--dry-run', 'only show what would be replayed')
    .option('--again', 'include dead letters that were replayed, discarded or otherwise settled')
    .action((options: ReplayOptions) => replay(terminal, options));
  deadLetters
    .command('discard')
    .description(
      'Records who decided that nothing more is done about dead letters (--id), or about rejected records of an order (--order and --position). The order can then become complete.',
    )
    .option('--id <id...>', 'dead letters, as the list shows them')
    .option('--order <number>', 'order number')
    .option('--position <positions>', 'positions in the archive: 3 or 3,7-9', parsePositions)
    .requiredOption('--who <name>', 'who decides')
    .requiredOption('--why <reason>', 'why')
    .action(async ({ id, order, position, ...given }: DiscardOptions, command: Command) => {
      if (id !== undefined && order === undefined && position === undefined) {
        return await discardByIds(terminal, id, requireDecision(given));
      }
      if (id !== undefined || order === undefined || position === undefined) {
        return command.error('error: say which: --id, or --order and --position');
      }
      await discardPositions(terminal, { order, position }, requireDecision(given));
    });
}

type DiscardOptions = { id?: string[]; order?: string; position?: number[] } & Decision;

const withFilter = (command: Command): Command =>
  command
    .option('--order <number>', 'only of this order')
    .addOption(new Option('--reason <code>', 'only for this reason').choices(Object.keys(DEAD_LETTER_REASONS)))
    .option('--since <time>', 'not before this day or time (Shanghai, or an ISO instant)', parseInstant)
    .option('--until <time>', 'before this day or time', parseInstant)
    .option('--id <id...>', 'only these, as the list shows them');

async function list(terminal: Terminal, filter: DeadLetterFilter): Promise<void> {
  await using clickhouse = connectClickHouse(terminal);
  const { account } = terminal;
  const deadLetters = await listDeadLetters(clickhouse, { ...filter, account });
  if (deadLetters.length === 0) await requireKnownAccount(clickhouse, account);
  terminal.print(
    deadLetters.length === 0
      ? `No ${filter.all ? '' : 'open '}dead letters.`
      : renderTable(
          ['id', 'rejected (Shanghai)', 'account', 'stage', 'reason', 'what', 'message'],
          deadLetters.map((deadLetter) => [
            deadLetter.isOpen ? deadLetter.id : `${deadLetter.id} (done)`,
            deadLetter.rejectedAt,
            deadLetter.account ?? '–',
            deadLetter.stage,
            deadLetter.reason,
            describeSubject(deadLetter),
            deadLetter.message,
          ]),
          { columns: terminal.columns, widths: [null, null, null, null, null, null, 50] },
        ),
  );
}

function describeSubject({ orderNo, revision, position, ...of }: DeadLetter): string {
  if (orderNo === null) return `${of.originTopic}/${of.originPartition}/${of.originOffset}`;
  if (position === null) return orderNo;
  return `${orderNo}, ${revision ? `revision ${revision}, ` : ''}position ${position}`;
}

async function replay(terminal: Terminal, { dryRun = false, again = false, ...filter }: ReplayOptions): Promise<void> {
  if (Object.keys(filter).length === 0) {
    throw new CommandFailure(
      'say which: --order, --reason, --since, --until or --id; --dry-run shows what it would do',
    );
  }
  const kafkaSide = await connectKafka(terminal);
  await using clickhouse = connectClickHouse(terminal);
  const accounts = accountsOf(terminal);
  if (filter.id) {
    const named = await findByIds(clickhouse, { ids: filter.id, accounts, nothing: 'nothing was replayed' });
    const settled = again ? [] : named.filter(({ isOpen }) => !isOpen);
    for (const { id } of settled) terminal.print(describeSettled(id));
  }
  const deadLetters = await selectDeadLetters(clickhouse, { ...filter, ...accounts, all: again });
  const isNamed = filter.id !== undefined || filter.order !== undefined;
  const { units, leftOut, ...plan } = planReplay(deadLetters, { prefix: kafkaSide.settings.TOPIC_PREFIX, isNamed });
  const impossible = [...plan.impossible];
  if (dryRun) terminal.print(describePlan(units));
  else if (units.length > 0) {
    const total = units.reduce((sum, unit) => sum + unit.deadLetters.length, 0);
    using bar = total >= LONG_REPLAY ? terminal.progress?.(total) : undefined;
    const onDone = (count: number) => bar?.advance(count);
    const { done, before, gone } = await replayDeadLetters(kafkaSide, { units, again, now: Date.now(), onDone });
    terminal.print(`Replayed ${countUnits(done)}.`);
    if (before.length > 0) terminal.print(`Skipped, because already replayed or discarded: ${countUnits(before)}.`);
    for (const unit of gone) impossible.push(...unit.deadLetters.map((deadLetter) => ({ deadLetter, why: GONE })));
  } else if (impossible.length === 0 && leftOut.length === 0)
    terminal.print('No open dead letter matches. To include those that were replayed or discarded, add --again.');
  if (leftOut.length > 0) terminal.print(describeLeftOut(leftOut));
  if (impossible.length > 0) {
    throw new CommandFailure(
      `${impossible.length} dead letters cannot be replayed: ${impossible.map(({ deadLetter, why }) => `${deadLetter.id} (${why})`).join(', ')}`,
    );
  }
}

const describeLeftOut = (deadLetters: ReplayPlan['leftOut']): string =>
  `Left out: ${deadLetters.length} dead letters of ${new Set(deadLetters.map(({ orderNo }) => orderNo)).size} orders that QCC did not have (ORDER_UNLISTED, ORDER_UNKNOWN), because too many calls for such orders make QCC refuse the account. Replay one that is genuine with --order, or with --id.`;

const GONE = 'it was too large to keep, and its original is no longer on its topic; replay its order';

const countUnits = (units: readonly ReplayUnit[]): string => {
  const orders = units.filter(({ kind }) => kind === 'order').length;
  const deadLetters = units.reduce((sum, unit) => sum + unit.deadLetters.length, 0);
  return `${orders} orders and ${units.length - orders} messages, for ${deadLetters} dead letters`;
};

const describePlan = (units: readonly ReplayUnit[]): string =>
  [
    `Would replay ${countUnits(units)}${units.length > 0 ? ':' : '.'}`,
    ...units
      .slice(0, SHOWN_UNITS)
      .map((unit) =>
        unit.kind === 'order'
          ? `  order ${unit.orderNo} (${[...new Set(unit.deadLetters.map(({ reason }) => reason))].join(', ')})`
          : `  message ${unit.topic.name}/${unit.partition}/${unit.offset} (${unit.deadLetters[0].reason})`,
      ),
    ...(units.length > SHOWN_UNITS ? ['  …'] : []),
  ].join('\n');

type Accounts = Pick<DeadLetterFilter, 'account' | 'servedAccount'>;

/** Without --account, a command that acts leaves out other accounts if this environment serves only one. */
function accountsOf({ account, env }: Terminal): Accounts {
  const [servedAccount, ...others] = accountNames(env);
  return { account, servedAccount: others.length === 0 ? servedAccount : undefined };
}

/** @throws CommandFailure that names the unknown ids, and says `nothing`: that the command did nothing. */
async function findByIds(
  clickhouse: ClickHouseSide,
  { ids, accounts, nothing }: { ids: readonly string[]; accounts: Accounts; nothing: string },
): Promise<DeadLetter[]> {
  const deadLetters = await listDeadLetters(clickhouse, { id: ids, all: true, ...accounts });
  const unknown = ids.filter((id) => !deadLetters.some((deadLetter) => deadLetter.id === id));
  if (unknown.length === 0) return deadLetters;
  const where = accounts.servedAccount === undefined ? '' : ` of account ${accounts.servedAccount}`;
  throw new CommandFailure(
    `no dead letter${where} has the id ${unknown.join(', ')}; \`npx qcc dead-letters list\` shows the ids; ${nothing}`,
  );
}

const describeSettled = (id: string): string => `Replayed or discarded before, so left as it is: ${id}`;

async function discardByIds(terminal: Terminal, ids: string[], decision: Decision): Promise<void> {
  await using store = await connectEvidence(terminal);
  const kafkaSide = await connectKafka(terminal);
  await using clickhouse = connectClickHouse(terminal);
  const accounts = accountsOf(terminal);
  const deadLetters = await findByIds(clickhouse, { ids, accounts, nothing: 'nothing was discarded' });
  const deps = { kafkaSide, clickhouse, archives: createArchiveRepository(store) };
  const { records, noted, before } = await discardDeadLetters(deps, { deadLetters, decision, now: Date.now() });
  for (const { orderNo, revision, positions, isKept } of records) {
    if (!isKept) terminal.print(describeNotKept(store.place));
    terminal.print(`Discarded of order ${orderNo}, revision ${revision}: ${describePositions([...positions])}.`);
  }
  for (const { id } of noted) terminal.print(`Discarded by ${decision.who}: ${id}`);
  for (const { id } of before) terminal.print(describeSettled(id));
  // A dead letter that is not about a record does not decide over its order.
  for (const orderNo of new Set(noted.flatMap(({ orderNo, position }) => (position === null ? (orderNo ?? []) : [])))) {
    terminal.print(
      `The order stays as it is: \`npx qcc order close ${shellArgument(orderNo)} --who NAME --why TEXT\` closes it.`,
    );
  }
}

const describeNotKept = (place: string): string =>
  `Note: ${place} holds nothing of this order, so \`npx qcc rebuild\` will not restore the discard.`;

async function discardPositions(
  terminal: Terminal,
  { order, position }: { order: string; position: number[] },
  { who, why }: Decision,
): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  await using store = await connectEvidence(terminal);
  await using clickhouse = connectClickHouse(terminal);
  const decision = { account, orderNo: order, positions: position, who, why, at: Date.now() };
  const { revision, isKept } = await discardRecords({ clickhouse, archives: createArchiveRepository(store) }, decision);
  if (!isKept) terminal.print(describeNotKept(store.place));
  const [row] = await clickhouse.rows<{ status: string }>(
    'SELECT status FROM {{db}}.orders WHERE account = {account: String} AND order_no = {order: String}',
    { account, order },
  );
  terminal.print(
    `Discarded of order ${order}, revision ${revision}: ${describePositions(position)}. The order is ${row?.status}.`,
  );
}
