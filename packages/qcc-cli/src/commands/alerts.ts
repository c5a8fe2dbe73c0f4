import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { createErasures } from 'qcc-alerts/decide/erasures';
import { createPortfolios } from 'qcc-alerts/decide/portfolios';
import { type Simulation, simulateRule } from 'qcc-alerts/decide/simulate-rule';
import { FIELD_NAMES } from 'qcc-alerts/message/alert';
import { RulesFileError, readRules } from 'qcc-alerts/rules/read-rules';
import { readSecrets } from 'qcc-alerts/rules/read-secrets';
import type { RulesFile } from 'qcc-alerts/rules/rules-schema';
import { ignoreUndecodable } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/base/errors';
import { rawValue, readSettings } from 'qcc-core/base/settings';
import { formatShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { connectKafka } from '../connect-kafka.ts';
import { parseCount } from '../parse-options.ts';
import { readMembers } from '../portfolio/read-members.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

const DAY_MS = 86_400_000;
const RULES = ['--rules <file>', 'the rules file; without it, that of ALERT_RULES'] as const;
/** The topic has no more. */
const MOST_DAYS = 30;

type TestOptions = { rules?: string; days: number; last: number };

export function addAlertsCommands(program: Command, terminal: Terminal): void {
  const alerts = program.command('alerts').description('The rules of the alerter, without sending anything.');
  alerts
    .command('check')
    .description(
      'Reads the rules file, and names each problem with its line and column. If ALERT_SECRETS is set, it also checks URL and secret of each target.',
    )
    .option(...RULES)
    .action(({ rules: path }: { rules?: string }) => {
      const file = readFile(terminal, path);
      const what = `${file.rules.length} rules and ${Object.keys(file.targets).length} targets`;
      const isChecked = checkSecrets(terminal, file);
      terminal.print(
        isChecked
          ? `${what} can be used.`
          : `The rules file can be used: ${what}. ALERT_SECRETS is not set here, so the URLs and secrets of the targets are not checked.`,
      );
    });
  alerts
    .command('test')
    .description(
      'Shows the messages that a rule would have sent in the last week (or --days), from the topic `enriched-records`. It sends nothing, and needs no URL of a target.',
    )
    .argument('<rule>', 'name of the rule')
    .option(...RULES)
    .option('--days <count>', 'how many days back, at most 30', parseDays, 7)
    .option('--last <count>', 'how many messages to show', parseCount, 20)
    .action((name: string, options: TestOptions) => testRule(terminal, name, options));
}

async function testRule(terminal: Terminal, name: string, { rules: path, days, last }: TestOptions): Promise<void> {
  const file = readFile(terminal, path);
  const rule = file.rules.find((each) => each.name === name);
  if (!rule)
    throw new CommandFailure(`there is no rule ${name}; there are ${file.rules.map((each) => each.name).join(', ')}`);
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  const side = await connectKafka(terminal);
  const portfolios = createPortfolios();
  if (rule.portfolio !== undefined)
    for (const member of (await readMembers(side, { account })).values()) portfolios.apply(member);
  const { kafka, codec, settings } = side;
  const erasures = createErasures();
  await readTopic({
    kafka,
    prefix: settings.TOPIC_PREFIX,
    topic: topicName(settings.TOPIC_PREFIX, TOPICS.erasedRecords),
    async onMessage({ value }) {
      const entry = value && (await codec.decode('erased-records', value).catch(ignoreUndecodable));
      if (entry?.account === account) erasures.apply(entry);
    },
  });
  const simulation = simulateRule({ rule, portfolios, erasures, since: Date.now() - days * DAY_MS });
  await readTopic({
    kafka,
    prefix: settings.TOPIC_PREFIX,
    topic: topicName(settings.TOPIC_PREFIX, TOPICS.enrichedRecords),
    async onMessage({ value, timestamp }) {
      const enriched = await codec.decode('enriched-records', value ?? Buffer.alloc(0)).catch(ignoreUndecodable);
      if (enriched?.record.account === account) simulation.take(enriched, Number(timestamp));
    },
  });
  show(terminal, { name, days, last, targets: rule.to }, simulation.messages());
}

function show(
  { print, columns }: Terminal,
  { name, days, last, targets }: { name: string; days: number; last: number; targets: readonly string[] },
  messages: ReturnType<Simulation['messages']>,
): void {
  const alerts = messages.reduce((sum, each) => sum + each.alerts.length, 0);
  const digests = messages.filter(({ isDigest }) => isDigest).length;
  print(
    `${name}, last ${days} days: ${alerts} alerts in ${messages.length} messages (${digests} of them digests) to each of ${targets.join(', ')}. Nothing was sent.`,
  );
  if (messages.length === 0) return;
  const rows = messages.slice(-last).flatMap(({ at, isDigest, alerts: ofMessage }) =>
    ofMessage.map(({ fields }) => [
      formatShanghaiDateTime(at),
      isDigest ? `digest of ${ofMessage.length}` : 'alert',
      Object.entries(fields)
        .map(([field, value]) => `${FIELD_NAMES[field as keyof typeof FIELD_NAMES]}：${value}`)
        .join('；'),
    ]),
  );
  print(renderTable(['sent (Shanghai)', 'as', 'with'], rows, { columns }));
}

/** @throws CommandFailure with a line for each problem. */
function readFile({ env }: Terminal, path: string | undefined): RulesFile {
  const name = path ?? 'of ALERT_RULES';
  try {
    const text = path === undefined ? rawValue(env, 'ALERT_RULES') : readFileSync(path, 'utf8');
    if (text === undefined) throw new CommandFailure('no rules: name the file with --rules, or set ALERT_RULES_FILE');
    return readRules(text, name);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (error instanceof RulesFileError)
      throw new CommandFailure(`the rules file ${name} cannot be used:\n${error.problems.join('\n')}`);
    throw new CommandFailure(`the rules file ${name} cannot be read: ${describeError(error)}`);
  }
}

/** @returns false if ALERT_SECRETS is not set, so nothing was checked. @throws CommandFailure with a line for each problem. */
function checkSecrets({ env }: Terminal, file: RulesFile): boolean {
  const settings = readSettings(env, ['ALERT_SECRETS', 'ALERT_HOSTS', 'ALERT_ALLOW_PLAINTEXT']);
  const { ALERT_SECRETS: secrets, ALERT_HOSTS: hosts, ALERT_ALLOW_PLAINTEXT: allowPlaintext } = settings;
  if (secrets === undefined) return false;
  const { problems } = readSecrets(secrets, file, { hosts, allowPlaintext });
  if (problems.length > 0) throw new CommandFailure(`the targets cannot be used:\n${problems.join('\n')}`);
  return true;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1 || days > MOST_DAYS) throw new InvalidArgumentError(`Must be 1 to ${MOST_DAYS}.`);
  return days;
}
