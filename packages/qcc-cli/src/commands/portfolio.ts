import { type Command, InvalidArgumentError } from 'commander';
import { redactMember } from 'qcc-clickhouse/rows/erase-row';
import { readSettings } from 'qcc-core/base/settings';
import { openErasureList } from 'qcc-evidence/erasure/erasure-list';
import type { Member } from 'qcc-portfolio/file/to-members';
import { confirm } from '../confirm.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectKafka } from '../connect-kafka.ts';
import { erasedMeanwhile } from '../erase/erased-meanwhile.ts';
import { parseCount } from '../parse-options.ts';
import { type Filled, fillCompanies } from '../portfolio/fill-companies.ts';
import { publishMatches } from '../portfolio/publish-matches.ts';
import { readPortfolioFile } from '../portfolio/read-file.ts';
import { listPortfolios, readReport, untilStored } from '../portfolio/read-report.ts';
import { renderReport } from '../portfolio/render-report.ts';
import { type Replacement, replacePortfolio } from '../portfolio/replace-portfolio.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

const NAME = ['--name <name>', 'name of the portfolio', parseName] as const;
const DEFAULT_NAME = 'default';
const WAIT = ['--wait <seconds>', 'how long to wait for the sink to store it', parseCount, 60] as const;
const LAST = ['--last <count>', 'how many customers of each kind to show', parseCount, 20] as const;
/** Of problems and warnings; a wrong column has one in every row. */
const SHOWN_LINES = 20;

type Shown = { name: string; last: number };
type LoadOptions = Shown & { wait: number; sheet?: string; skipBadRows?: true };

export function addPortfolioCommands(program: Command, terminal: Terminal): void {
  const portfolio = program
    .command('portfolio')
    .description('Your customers, and which of them are companies of the feed (the view `portfolio_matches`).');
  portfolio
    .command('load')
    .description(
      'Reads customers from a CSV (UTF-8, GB18030) or an Excel workbook (.xlsx), and replaces the portfolio with them. The header names at least one of 统一社会信用代码, 注册号, 企业名称 (credit_code, reg_no, name); all other columns are kept.',
    )
    .argument('<file>', 'path of the file')
    .option(...NAME, DEFAULT_NAME)
    .option('--sheet <name>', 'sheet of a workbook; the first one without it')
    .option('--skip-bad-rows', 'if some rows cannot be used, load the others')
    .option(...WAIT)
    .option(...LAST)
    .action((file: string, options: LoadOptions) => load(terminal, file, options));
  portfolio
    .command('list')
    .description('The portfolios of the account.')
    .action(() => list(terminal));
  portfolio
    .command('show')
    .description('Shows which customers of a portfolio are companies of the feed.')
    .option(...NAME, DEFAULT_NAME)
    .option(...LAST)
    .action((options: Shown) => show(terminal, options));
  portfolio
    .command('remove')
    .description('Removes a portfolio with all its customers.')
    .requiredOption(...NAME)
    .option(...WAIT)
    .option('--yes', 'do not ask')
    .action((options: { name: string; wait: number; yes?: true }) => remove(terminal, options));
}

async function load(terminal: Terminal, path: string, options: LoadOptions): Promise<void> {
  const { members, problems, warnings, replaced, columns, format } = await readPortfolioFile(path, options.sheet);
  terminal.print(`${path}: ${members.length} customers (${format}).`);
  const { creditCode, regNo, name } = columns;
  terminal.print(
    `Columns: credit code ${creditCode ?? '(none)'}, registration number ${regNo ?? '(none)'}, name ${name ?? '(none)'}.`,
  );
  if (replaced > 0) terminal.print(`${replaced} rows are about customers of later rows, and are left out.`);
  printSome(terminal, 'Check', warnings);
  printSome(terminal, 'Cannot be used', problems);
  if (problems.length > 0 && !options.skipBadRows) {
    throw new CommandFailure(
      `${path}: ${problems.length} rows cannot be used: correct them, or load the others with --skip-bad-rows; nothing was loaded`,
    );
  }
  if (members.length === 0) {
    throw new CommandFailure(
      `${path} has no customers below the header, so nothing was loaded; to empty a portfolio, run \`npx qcc portfolio remove --name ${options.name}\``,
    );
  }
  const { added, kept, removed, filled } = await replace(terminal, options, members);
  terminal.print(`Loaded: ${added} new customers, ${kept} that were there, ${removed} removed.`);
  terminal.print(
    `The portfolios of the account have ${filled.companies} companies of the feed, with ${filled.changes} changes.`,
  );
  await show(terminal, options);
}

async function list(terminal: Terminal): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  await using clickhouse = connectClickHouse(terminal);
  const rows = await listPortfolios(clickhouse, account);
  if (rows.length === 0) {
    terminal.print(`Account ${account} has no portfolio: load one with \`npx qcc portfolio load FILE\`.`);
    return;
  }
  const cells = rows.map(({ portfolio, members, loaded_at }) => [portfolio, members, loaded_at.slice(0, 19)]);
  terminal.print(renderTable(['portfolio', 'customers', 'loaded (Shanghai)'], cells, { columns: terminal.columns }));
}

async function show(terminal: Terminal, { name: portfolio, last }: Shown): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  await using clickhouse = connectClickHouse(terminal);
  const report = await readReport(clickhouse, { account, portfolio }, last);
  if (report.members === 0) throw new CommandFailure(noSuch(account, portfolio));
  terminal.print(renderReport({ account, portfolio }, report, terminal.columns));
}

async function remove(terminal: Terminal, options: { name: string; wait: number; yes?: true }): Promise<void> {
  const { name: portfolio } = options;
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  if (!options.yes) {
    await confirm(terminal, {
      question: `Type ${portfolio} to remove this portfolio of account ${account}: `,
      expected: portfolio,
      nothing: 'nothing was removed',
    });
  }
  const { removed, removedBefore } = await replace(terminal, options, []);
  if (removed + removedBefore === 0) throw new CommandFailure(noSuch(account, portfolio));
  const done =
    removed > 0 ? `${removed} customers` : 'its customers were removed before, and the tables have none of them';
  terminal.print(`Removed portfolio ${portfolio} of account ${account}: ${done}.`);
}

const noSuch = (account: string, portfolio: string): string =>
  `account ${account} has no customers in a portfolio ${portfolio}; \`npx qcc portfolio list\` names the portfolios`;

/**
 * Writes the topic, waits until the table has it, brings the tables behind `portfolio_status` and `portfolio_changes` up to date, and
 * writes the companies of the customers to the topic.
 * @throws CommandFailure if the sink does not store it in time, the tables cannot be filled, or something is erased meanwhile.
 */
async function replace(
  terminal: Terminal,
  { name: portfolio, wait }: { name: string; wait: number },
  members: readonly Member[],
): Promise<Replacement & { filled: Filled }> {
  const {
    ACCOUNT: account,
    ERASURE_KEY: key,
    CLICKHOUSE_CLUSTER: cluster,
  } = readSettings(terminal.env, ['ACCOUNT', 'ERASURE_KEY', 'CLICKHOUSE_CLUSTER']);
  await using clickhouse = connectClickHouse(terminal);
  const side = await connectKafka(terminal);
  const { kafka, codec, settings } = side;
  const readErasures = openErasureList({ kafka, prefix: settings.TOPIC_PREFIX, codec, key });
  const eraser = await readErasures();
  const refuseErasure = async () => {
    if ((await readErasures()).newestAt !== eraser.newestAt)
      throw new CommandFailure(erasedMeanwhile(`the portfolio ${portfolio}`));
  };
  const redact = (member: Parameters<typeof redactMember>[1]) => redactMember(eraser, member);
  const replacement = await replacePortfolio(side, { account, portfolio, members, now: Date.now(), redact });
  const { loadedAt, added, kept, removed } = replacement;
  const stored = { account, portfolio, loadedAt, members: added + kept + removed };
  if (!(await untilStored(clickhouse, stored, AbortSignal.timeout(wait * 1_000)))) {
    throw new CommandFailure(
      `the topic has the portfolio ${portfolio}, but the sink did not store all of it within ${wait} s: check that the sink is running, then run this command again`,
    );
  }
  await refuseErasure();
  const filled = await fillCompanies(
    { client: clickhouse.client, database: clickhouse.database, cluster },
    { account, loaded: { portfolio, loadedAt } },
  ).catch((cause: unknown) => {
    throw new CommandFailure(
      `the portfolio ${portfolio} is stored, but the views portfolio_status and portfolio_changes are incomplete: run \`npx qcc doctor\`, then run this command again`,
      { cause },
    );
  });
  await publishMatches(side, clickhouse, { account, portfolio, loadedAt });
  await refuseErasure();
  return { ...replacement, filled };
}

function printSome({ print }: Terminal, what: string, lines: readonly string[]): void {
  for (const line of lines.slice(0, SHOWN_LINES)) print(`${what}: ${line}.`);
  if (lines.length > SHOWN_LINES) print(`${what}: ${lines.length - SHOWN_LINES} more lines.`);
}

function parseName(text: string): string {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(text)) {
    throw new InvalidArgumentError(
      'A name has 1 to 64 letters, digits, dots, hyphens and underscores, and begins with a letter or digit.',
    );
  }
  return text;
}
