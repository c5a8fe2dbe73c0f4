/**
 * `npm start`: runs the whole pipeline on this machine. Brings up the local stack, and runs the four services and, without `--live`, the
 * simulator, which sends real callbacks. With the simulator, it then shows the ledger and a few answers for BI. It runs until Ctrl-C, or
 * with `--once` until every simulated order is complete.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALERT_SETTINGS, loadRules } from 'alerter/load-rules';
import { RulesFileError } from 'qcc-alerts/rules/read-rules';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { describeError } from 'qcc-core/base/errors';
import { createSealer } from 'qcc-core/base/sealing';
import { CLICKHOUSE_SETTINGS, COMMON_SETTINGS, rawValue, readSettings, SettingsError } from 'qcc-core/base/settings';
import type { CallbackResult } from 'qcc-simulator/callbacks';
import type { Simulator } from 'qcc-simulator/simulator';
import { runningStack } from '../stack/background.ts';
import type { StackKind } from '../stack/choose-stack.mjs';
import { endWithMe, exitCodeOf } from '../stack/end-with-me.ts';
import { LOG_DIR, ROOT, RUN_DIR } from '../stack/places.ts';
import { steadyPort } from '../stack/ports.ts';
import { tellWhile } from '../stack/tell-while.mjs';
import { noteUse, otherUses } from '../stack/uses.ts';
import { ALL_SERVICES, adminPorts, alerterPort, hasAlertRules } from './admin-ports.mjs';
import { makeDefaultEvidence } from './make-default-evidence.ts';
import { credentialProblems, describeProblems, preflight } from './preflight.mjs';
import { type AdminPorts, SERVICES, type Services, startServices } from './run-services.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';
import { type AlertScreen, openAlertScreen, rulesToShow } from './start/alert-screen.ts';
import { renderAnswers } from './start/answers.ts';
import { allComplete, openLedger, renderLedger } from './start/ledger.ts';
import { type LocalStack, openStack } from './start/local-stack.ts';
import { readOptions, type StartOptions, USAGE } from './start/options.ts';
import { progressLine } from './start/progress-line.ts';
import { servicesReady } from './start/ready.ts';
import { SIMULATOR_ACCOUNT, startSimulatedQcc } from './start/simulated-qcc.ts';

/** An alert may come some seconds after its order is complete. */
const FIRST_ALERT_LIMIT_MS = 30_000;

/** Stands for the one that the simulation makes. */
const SAMPLE_SEALING_KEY = Buffer.alloc(32).toString('base64');

const ended = new AbortController();
/** Exit code after an error: 1, or that of the signal that interrupted the command. */
let exitCode = 1;
endWithMe({
  orderly(signal) {
    exitCode = exitCodeOf(signal);
    ended.abort(new Error('interrupted; nothing is left running'));
  },
});
const say = (line: string) => console.log(line);

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') say(USAGE);
  else await start(options);
} catch (error) {
  if (ended.signal.aborted) say('\nEnded; nothing is left running.');
  else console.error(`\n${describeError(error)}`);
  process.exitCode = exitCode;
}

async function start(options: StartOptions): Promise<void> {
  const other = otherUses().find(({ command }) => command === 'npm start');
  if (other) {
    throw new Error(
      `\`npm start\` is already running here as pid ${other.pid}: use that one, or end it with Ctrl-C in its terminal or \`kill ${other.pid}\``,
    );
  }
  using _use = noteUse('npm start');
  const { foreign, kind } = await check(options);
  const { GATEWAY_PORT: gatewayPort, CALLBACK_PATH: callbackPath } = readSettings(process.env, [
    'GATEWAY_PORT',
    'CALLBACK_PATH',
  ]);
  const callbackUrl = new URL(callbackPath, `http://127.0.0.1:${gatewayPort}`);
  const withAlerter = options.alerts || hasAlertRules(process.env);
  const fourPorts = await freePortsFor(adminPorts(rawValue(process.env, 'ADMIN_PORT')));
  const ports = {
    ...fourPorts,
    ...(withAlerter && { alerter: alerterPort(rawValue(process.env, 'ADMIN_PORT')) || (await steadyPort()) }),
  };

  await using resources = new AsyncDisposableStack();
  const over = new AbortController();
  resources.defer(() => over.abort());
  // What waits must not outlive the run it waits for.
  const signal = AbortSignal.any([ended.signal, over.signal]);
  const stack = resources.use(foreign ?? (await openStack({ kind, signal: ended.signal, progress: say })));
  ended.signal.throwIfAborted();
  const env = { ...process.env, ...stack.env };
  await makeDefaultEvidence(env);
  const simulator = options.live ? undefined : resources.use(await startSimulatedQcc(callbackUrl));
  const screen = options.alerts ? resources.use(await openAlertScreen(process.env, say)) : undefined;
  const services = resources.use(
    startServices({
      env: { ...env, ...simulator?.env, ...screen?.env },
      logDir: LOG_DIR,
      adminPorts: fourPorts,
      ...(ports.alerter !== undefined && { alerterPort: ports.alerter }),
    }),
  );
  say(`starting the ${withAlerter ? 'five' : 'four'} services …`);
  const waiting = new Set(ALL_SERVICES.filter((service) => service in ports));
  await tellWhile(
    Promise.race([servicesReady(ports, { signal, onReady: (service) => waiting.delete(service) }), services.failed]),
    (elapsed) => say(`  ${elapsed}: not ready yet: ${[...waiting].join(', ')}`),
  );
  say(withAlerter ? 'the five services are ready: the alerter has rules' : 'the four services are ready');

  if (simulator) await showSimulatedDay({ options, simulator, services, env, signal });
  if (screen && simulator) await firstAlert(screen, { services, signal });
  if (options.once) {
    say('\nEvery order is complete: ending. The data stays; `npm run stack` brings it up again.');
    return;
  }
  say(
    `\nStays up until Ctrl-C. Callbacks: ${callbackUrl.href} · ClickHouse: ${stack.env.CLICKHOUSE_URL}/play` +
      ` · Kafka: ${stack.env.KAFKA_BROKERS} · logs: ${relative(ROOT, LOG_DIR)}`,
  );
  if (simulator) {
    say(`Another order: curl -X POST ${simulator.controlUrl}/orders -d '{"records": 100}'`);
    const settingsFile = resources.adopt(writeSettings({ ...stack.env, ...simulator.env }), (file) =>
      rmSync(file, { force: true }),
    );
    say(`Its settings, for the operator's tool: env $(cat ${relative(ROOT, settingsFile)}) npx qcc doctor`);
  }
  await Promise.race([interrupted(), services.failed]);
  say('\nending …');
}

/**
 * Finds the stack that is up already, or how to start one.
 * @throws Error that names everything that is in the way, before anything is started.
 */
async function check(options: StartOptions): Promise<{ foreign: LocalStack | undefined; kind: StackKind }> {
  const running = await runningStack();
  const alerter = options.alerts || hasAlertRules(process.env);
  const { kind, problems, notice } = await preflight({ env: process.env, stack: !running, services: true, alerter });
  if (running && !options.allowForeign && !options.live) {
    problems.push(
      'a stack is up already (npm run stack). End it with `npm run stack -- --down`, or use it with `npm start -- --allow-foreign`',
    );
  }
  problems.push(...settingProblems(options), ...alertProblems(options));
  if (problems.length > 0) throw new Error(describeProblems(problems));
  if (notice) say(notice);
  return { foreign: running && { env: running, [Symbol.asyncDispose]: async () => {} }, kind };
}

/** The settings of the four services, with what the stack and the simulator give them. */
function settingProblems({ live }: StartOptions): string[] {
  const simulated = { QCC_KEY: 'simulated', QCC_SECRET_KEY: 'simulated', SEALING_KEY: SAMPLE_SEALING_KEY };
  if (process.env.ACCOUNTS_FILE)
    return ['ACCOUNTS_FILE is set, and `npm start` serves one account: unset it, or use `npm run services`'];
  const problems = live ? [] : credentialProblems({ env: process.env, live });
  try {
    const settings = readSettings({ ...process.env, ...(live ? {} : simulated) }, [
      'ACCOUNT',
      ...COMMON_SETTINGS,
      ...SERVICE_SETTINGS,
    ]);
    createSealer(settings.SEALING_KEY);
  } catch (error) {
    problems.push(...(error instanceof SettingsError ? error.problems : [describeError(error)]));
  }
  return problems;
}

/** What is wrong with the rules, before anything is started. */
function alertProblems({ alerts }: StartOptions): string[] {
  if (!alerts && !hasAlertRules(process.env)) return [];
  try {
    const settings = readSettings(process.env, ALERT_SETTINGS);
    if (alerts) rulesToShow(process.env);
    else loadRules(settings);
    return [];
  } catch (error) {
    const problems = error instanceof SettingsError || error instanceof RulesFileError ? error.problems : undefined;
    const hint = alerts ? [] : ['`npm start -- --alerts` prints alerts, and needs neither URL nor secret'];
    return [...(problems ?? [describeError(error)]).map((problem) => `rules of the alerter: ${problem}`), ...hint];
  }
}

/** With ADMIN_PORT=0: this process has to know which ports the services take. */
async function freePortsFor(ports: AdminPorts): Promise<AdminPorts> {
  const drawn = await Promise.all(SERVICES.map(async (service) => ports[service] || (await steadyPort())));
  return Object.fromEntries(SERVICES.map((service, index) => [service, drawn[index]])) as AdminPorts;
}

/** Settings as `NAME=value` lines, none of which holds a blank; for nobody else's eyes, as a sealing key is among them. */
function writeSettings(env: Readonly<Record<string, string>>): string {
  const file = join(RUN_DIR, 'simulator.env');
  mkdirSync(RUN_DIR, { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
  return file;
}

async function showSimulatedDay(input: {
  options: StartOptions;
  simulator: Simulator;
  services: Services;
  env: Record<string, string | undefined>;
  signal: AbortSignal;
}): Promise<void> {
  const { options, simulator, services, env, signal } = input;
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  await using client = createClickHouse(settings);
  const database = settings.CLICKHOUSE_DATABASE;
  const repeat = Math.floor(options.records / 10);
  const orderNos: string[] = [];
  for (let index = 0; index < options.orders; index += 1) {
    const { orderNo, callbacks } = await simulator.createOrder({
      records: options.records,
      ...(index > 0 && { repeat }),
    });
    orderNos.push(orderNo);
    say(`QCC calls back: order ${orderNo}, ${options.records} records; callback ${outcomeOf(callbacks.at(-1))}`);
  }
  const listed = await simulator.createOrder({ records: options.records, repeat, callback: false });
  orderNos.push(listed.orderNo);
  say(`QCC only lists: order ${listed.orderNo}, ${options.records} records, its callback is lost`);

  const ledger = openLedger(client, { database, account: SIMULATOR_ACCOUNT, orderNos });
  const onProgress = progressLine(process.stdout);
  const rows = await Promise.race([
    allComplete(ledger, { orders: orderNos.length, signal, onProgress }),
    services.failed,
  ]);
  say(`\nThe ledger (${database}.orders):\n${renderLedger(rows)}`);
  say(`\n${await renderAnswers(client, { database, account: SIMULATOR_ACCOUNT })}`);
}

async function firstAlert(
  { shown }: AlertScreen,
  { services, signal }: { services: Services; signal: AbortSignal },
): Promise<void> {
  const late = sleep(FIRST_ALERT_LIMIT_MS, 'late', { signal });
  if ((await Promise.race([shown, late, services.failed])) === 'late')
    say('no alert so far: the simulated changes may not fit the rules');
}

function outcomeOf(callback: CallbackResult | undefined): string {
  return callback?.kind === 'failed' ? `failed: ${callback.reason}` : (callback?.kind ?? 'not sent');
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    if (ended.signal.aborted) resolve();
    else ended.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
