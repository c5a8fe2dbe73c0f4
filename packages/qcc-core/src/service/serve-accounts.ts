import { hostname } from 'node:os';
import { type AvroCodec, connectCodec } from '../avro/codec.ts';
import { accountEnv, accountNames, type Env } from '../base/accounts.ts';
import { describeError } from '../base/errors.ts';
import { createHealth, type Health } from '../base/health.ts';
import { createLogger, kafkajsLogCreator, type Log } from '../base/logs.ts';
import { createMetrics, scrape } from '../base/metrics.ts';
import { createRedactor } from '../base/redact.ts';
import { accountSecrets, allSecrets } from '../base/secret-values.ts';
import {
  type AccountSetting,
  COMMON_SETTINGS,
  isAccountSetting,
  readSettings,
  type SettingName,
  type Settings,
} from '../base/settings.ts';
import { openTracing } from '../base/tracing/open-tracing.ts';
import { watchHealth } from '../base/watch-probe.ts';
import { createKafka } from '../kafka/client/connect.ts';
import { ensureTopics } from '../kafka/client/ensure-topics.ts';
import { createKafkaProbe } from '../kafka/client/kafka-probe.ts';
import { startAdminServer } from './admin-server.ts';
import type { ServiceContext, ServiceDefinition } from './definition.ts';
import { startAccounts } from './start-accounts.ts';

type CommonSettings = Settings<(typeof COMMON_SETTINGS)[number]>;

/** Log, metrics, health and Kafka client of one account, or of all accounts together. */
type Context = Omit<ServiceContext<never>, 'resources' | 'connect'>;

/**
 * Reads and checks settings, opens the admin port, and starts the service for each account of the environment. The admin port opens
 * first, so that `/readyz` tells what a service waits for.
 *
 * With several accounts, each has its own log, metrics, health and Kafka client. An account that cannot start is started again
 * later, while the others run. With one account, the process and the account share these objects. Resolves once one account runs.
 * @throws Error if no account can start. It names the problems and the remedies.
 */
export async function serveAccounts<Name extends SettingName, Shared>(
  definition: ServiceDefinition<Name, Shared>,
  input: {
    env: Env;
    signal: AbortSignal;
    resources: AsyncDisposableStack;
    /** Called as soon as log level and secrets are known. */
    onLog: (opened: { log: Log; redact: (text: string) => string }) => void;
  },
): Promise<void> {
  const { env, signal, resources } = input;
  const accounts = accountNames(env);
  const only = accounts.length === 1 ? accounts[0] : undefined;
  const names: readonly SettingName[] = ['ACCOUNT', ...COMMON_SETTINGS, ...definition.settings];
  const settings: CommonSettings =
    only === undefined
      ? readSettings(
          env,
          names.filter((name) => !isAccountSetting(name)),
        )
      : readSettings(accountEnv(env, only), names);
  const ownSecrets = new Map(accounts.map((account) => [account, new Set(accountSecrets(env, account))]));
  const secretsOf = (account: string) => ownSecrets.get(account)!;
  const secrets = new Set(allSecrets(env));
  const redact = createRedactor(secrets);
  const base = { service: definition.name, settings, accounts, signal };

  const common = createContext(base, { account: only, secrets });
  input.onLog({ log: common.log, redact });
  // It is disposed last, because the other resources end their spans.
  resources.use(await openTracing({ service: definition.name, env, log: common.log }));
  const own = new Map(
    only === undefined
      ? accounts.map((account) => [
          account,
          createContext(base, { account, secrets: secretsOf(account), parent: common.health }),
        ])
      : [],
  );
  const connect = connectOnce(common);
  const contextOf = (context: Context) => ({ ...context, connect: () => connect(context.health) });

  const admin = resources.use(
    await startAdminServer({
      host: settings.ADMIN_HOST,
      port: settings.ADMIN_PORT ?? definition.defaultAdminPort,
      health: common.health,
      ...(own.size > 0 && { accounts: new Map([...own].map(([account, { health }]) => [account, health])) }),
      scrape: () => scrape([common, ...own.values()].map(({ metrics }) => metrics)),
      redact,
    }),
  );
  const probe = createKafkaProbe({ settings, clientId: clientIdOf(base) });
  resources.use(watchHealth(probe, { health: common.health, healthPart: 'Kafka' }));

  // TypeScript cannot follow which settings were read: the definition names them, and `names` has them all.
  const sharedContext = { ...contextOf(common), resources } as unknown as ServiceContext<Exclude<Name, AccountSetting>>;
  const shared = (await definition.open?.(sharedContext)) as Shared;
  if (only !== undefined) {
    await definition.start(sharedContext as unknown as ServiceContext<Name | 'ACCOUNT'>, shared);
    common.health.set('start', null);
  } else {
    common.health.set('start', null);
    const opened = new Map<string, AsyncDisposableStack>();
    // In parallel: an account that ends slowly must not use up the time of the others.
    resources.defer(() => disposeAll([...opened.values()]));
    const start = async (account: string) => {
      const context = own.get(account)!;
      const { health } = context;
      const stack = new AsyncDisposableStack();
      // The work of a failed attempt must not go on.
      const attempt = new AbortController();
      opened.set(account, stack);
      health.reset();
      try {
        const ownSettings = readSettings(accountEnv(env, account), names);
        // The file of a secret may have come since.
        for (const secret of accountSecrets(env, account))
          for (const known of [secrets, secretsOf(account)]) known.add(secret);
        const accountContext = {
          ...contextOf(context),
          settings: ownSettings,
          signal: AbortSignal.any([signal, attempt.signal]),
          resources: stack,
        };
        await definition.start(accountContext as unknown as ServiceContext<Name | 'ACCOUNT'>, shared);
        health.set('start', null);
      } catch (error) {
        attempt.abort(error);
        await disposeAll([stack]).catch((failure: unknown) =>
          context.log.warn({ err: failure }, 'not everything could be closed'),
        );
        opened.delete(account);
        health.set('start', describeError(error));
        throw error;
      }
    };
    const onFailure = (account: string, error: unknown) =>
      own
        .get(account)!
        .log.error({ err: error }, `the account cannot start, it is tried again: ${describeError(error)}`);
    await startAccounts({ accounts, start, onFailure, signal });
  }
  common.log.info({ adminPort: admin.port }, `${definition.name} runs`);
}

type Base = {
  service: string;
  settings: CommonSettings;
  accounts: readonly string[];
  signal: AbortSignal;
};

/**
 * @param of.secrets May grow later.
 * @param of.parent The common health, for one of several accounts.
 */
function createContext(
  base: Base,
  of: { account: string | undefined; secrets: ReadonlySet<string>; parent?: Health },
): Context {
  const { service, settings, accounts, signal } = base;
  const named = of.account === undefined ? {} : { account: of.account };
  const log = createLogger({ service, ...named, level: settings.LOG_LEVEL, secrets: of.secrets });
  const metrics = createMetrics({ service, ...named, processMetrics: of.parent === undefined });
  // Readiness is a property of an account.
  const showReady = (ready: boolean) => {
    if (of.account !== undefined) metrics.ready.set(ready ? 1 : 0);
  };
  showReady(false);
  const what =
    accounts.length === 1
      ? service
      : of.account === undefined
        ? `the common part of ${service}`
        : `${service} for account ${of.account}`;
  const health = createHealth({
    parts: ['start'],
    ...(of.parent && { parent: of.parent }),
    onChange(ready) {
      showReady(ready);
      if (ready) log.info(`${what} is ready`);
      else log.warn({ problems: health.problems() }, `${what} is not ready`);
    },
  });
  const kafka = createKafka({
    settings,
    clientId: clientIdOf(base, of.parent && of.account),
    sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
    logCreator: kafkajsLogCreator(log),
  });
  return { settings, log, metrics, health, kafka, accounts, signal };
}

const clientIdOf = ({ service, settings }: Base, account?: string): string =>
  `${settings.TOPIC_PREFIX}${service}${account === undefined ? '' : `.${account}`}@${hostname()}`;

/** Checks topics and schemas once for all accounts. If it fails, the next account tries again. */
function connectOnce({ kafka, settings, log }: Context): (health: Health) => Promise<AvroCodec> {
  let codec: Promise<AvroCodec> | undefined;
  const connect = async (health: Health) => {
    health.set('start', 'starting: checks the topics');
    for (const warning of await ensureTopics(kafka, settings)) log.warn(warning);
    health.set('start', 'starting: registers or checks the schemas');
    const connected = await connectCodec(settings, log);
    health.set('start', 'starting');
    return connected;
  };
  return (health) => {
    codec ??= connect(health).catch((error: unknown) => {
      codec = undefined;
      throw error;
    });
    return codec;
  };
}

/** Disposes them in parallel and waits for all, also if some fail. @throws what failed. */
async function disposeAll(stacks: readonly AsyncDisposableStack[]): Promise<void> {
  const outcomes = await Promise.allSettled(stacks.map((stack) => stack.disposeAsync()));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'not every account could be closed');
}
