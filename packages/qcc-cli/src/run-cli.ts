import { Command, CommanderError } from 'commander';
import { accountEnv, accountNames } from 'qcc-core/base/accounts';
import { describeError } from 'qcc-core/base/errors';
import { createRedactor } from 'qcc-core/base/redact';
import { allSecrets } from 'qcc-core/base/secret-values';
import { addAlertsCommands } from './commands/alerts.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addCallbackCommands } from './commands/callback.ts';
import { addCertificateCommand } from './commands/certificate.ts';
import { addCoverageCommands } from './commands/coverage.ts';
import { addDeadLettersCommands } from './commands/dead-letters.ts';
import { addDetailsCommands } from './commands/details.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEraseCommand } from './commands/erase.ts';
import { addEvidenceCommands } from './commands/evidence.ts';
import { addExportCommand } from './commands/export.ts';
import { addLedgerCommand } from './commands/ledger.ts';
import { addOffsetsCommands } from './commands/offsets.ts';
import { addOrderCommands } from './commands/order.ts';
import { addOrdersCommands } from './commands/orders.ts';
import { addPortfolioCommands } from './commands/portfolio.ts';
import { addPushCommands } from './commands/push.ts';
import { addRebuildCommand } from './commands/rebuild.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRolesCommand, addSettingsCommand } from './commands/settings.ts';
import { explainRefusal } from './connect-kafka.ts';
import { CommandFailure, type Terminal } from './terminal.ts';
import { whileReachable } from './while-reachable.ts';

/**
 * Runs one command of the operator's tool. No secret of the environment gets onto standard error, whoever echoes it.
 * @returns the exit code: 0, 1 for a failure or an answer that is bad news (one message on standard error), 2 for wrong usage.
 */
export async function runCli(given: Omit<Terminal, 'watch'>, args: readonly string[]): Promise<0 | 1 | 2> {
  const redact = createRedactor(allSecrets(given.env));
  const complain = (text: string) => given.complain(redact(text));
  try {
    const choice = chooseAccount(given.env, args);
    await whileReachable((watch) => parse({ ...given, ...choice, complain, watch }, args, choice.problem));
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    complain(complaint(explainRefusal(error, given.env)));
    return 1;
  }
}

const ACCOUNT_OPTION = [
  '--account <name>',
  'the account that the command is for; `ledger`, `certificate` and `dead-letters list` show all accounts without it',
] as const;

/** They only read ClickHouse, so they show any account, also one that this environment does not serve any more. */
const OF_ANY_ACCOUNT: readonly string[] = ['ledger', 'certificate', 'dead-letters list', 'export'];

type Choice = { env: Terminal['env']; account: string | undefined; problem: Error | null };

/**
 * Returns the environment of the account that --account or ACCOUNT names, or of the only account. If several accounts are left, it
 * returns the common environment. Commands that need an account then fail.
 */
function chooseAccount(env: Terminal['env'], args: readonly string[]): Choice {
  const account = readAccountOption(args);
  try {
    const served =
      env.ACCOUNTS_FILE && account !== undefined ? accountNames({ ...env, ACCOUNT: account }) : accountNames(env);
    if (account !== undefined && !served.includes(account))
      throw new CommandFailure(
        account === ''
          ? '--account needs a name'
          : `--account ${account}: this environment serves the account ${served.join(', ')}; set ACCOUNTS_FILE for several accounts`,
      );
    const [only, ...others] = served;
    return { account, env: others.length === 0 ? accountEnv(env, only!) : env, problem: null };
  } catch (error) {
    return { account, env, problem: error as Error };
  }
}

/** The second parse, of the whole command line, reports wrong usage. */
function readAccountOption(args: readonly string[]): string | undefined {
  const program = new Command()
    .option(...ACCOUNT_OPTION)
    .exitOverride()
    .configureOutput({ writeErr() {} });
  try {
    program.parseOptions([...args]);
  } catch {
    return undefined;
  }
  return program.opts<{ account?: string }>().account;
}

async function parse(terminal: Terminal, args: readonly string[], problem: Error | null): Promise<void> {
  const program = new Command('qcc')
    .description("The operator's tool of the QCC pipeline. Settings come from the environment, see `npx qcc settings`.")
    .option(...ACCOUNT_OPTION)
    .hook('preAction', (_, action) => {
      const command = [...(action.parent?.parent ? [action.parent.name()] : []), action.name()].join(' ');
      if (problem && (terminal.account === '' || !OF_ANY_ACCOUNT.includes(command))) throw problem;
    })
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.print(text.trimEnd()), writeErr: terminal.complain });
  addOrdersCommands(program, terminal);
  addOrderCommands(program, terminal);
  addCallbackCommands(program, terminal);
  addPushCommands(program, terminal);
  addDetailsCommands(program, terminal);
  addLedgerCommand(program, terminal);
  addAuditCommand(program, terminal);
  addCoverageCommands(program, terminal);
  addCertificateCommand(program, terminal);
  addReplayCommand(program, terminal);
  addDeadLettersCommands(program, terminal);
  addOffsetsCommands(program, terminal);
  addRebuildCommand(program, terminal);
  addEvidenceCommands(program, terminal);
  addPortfolioCommands(program, terminal);
  addAlertsCommands(program, terminal);
  addExportCommand(program, terminal);
  addEraseCommand(program, terminal);
  addRolesCommand(program, terminal);
  addSettingsCommand(program, terminal);
  addDoctorCommand(program, terminal);
  await program.parseAsync(args, { from: 'user' });
}

/** What went wrong, on one line. Whoever shows it removes the secrets. */
export const complaint = (error: unknown): string => `qcc: ${describeError(error)}\n`;
