import { hostname } from 'node:os';
import type { Kafka } from 'kafkajs';
import { type AvroCodec, connectCodec } from '../avro/codec.ts';
import { describeError } from '../base/errors.ts';
import { createHealth, type Health } from '../base/health.ts';
import { createLogger, kafkajsLogCreator, type Log } from '../base/logs.ts';
import { createMetrics, type Metrics } from '../base/metrics.ts';
import { createRedactor, redactUrl } from '../base/redact.ts';
import { secretValues } from '../base/secret-values.ts';
import { COMMON_SETTINGS, readSettings, type SettingName, type Settings } from '../base/settings.ts';
import { openTracing } from '../base/tracing/open-tracing.ts';
import { watchHealth } from '../base/watch-probe.ts';
import { createKafka } from '../kafka/client/connect.ts';
import { ensureTopics } from '../kafka/client/ensure-topics.ts';
import { createKafkaProbe } from '../kafka/client/kafka-probe.ts';
import { type AdminServer, startAdminServer } from './admin-server.ts';

type CommonSettingName = (typeof COMMON_SETTINGS)[number];

export type ServiceContext<Name extends SettingName> = {
  settings: Settings<Name | CommonSettingName>;
  log: Log;
  metrics: Metrics;
  health: Health;
  kafka: Kafka;
  /**
   * Makes sure of topics and schemas; to be awaited once, before anything is read from Kafka or written to it.
   * @throws Error that names what does not answer, or is missing, and the remedy.
   */
  connect: () => Promise<AvroCodec>;
  /** Aborts when the service is asked to end. */
  signal: AbortSignal;
  /** Whatever is put here is disposed at the end, the last first. */
  resources: AsyncDisposableStack;
};

export type ServiceDefinition<Name extends SettingName> = {
  name: string;
  /** Beside those of Kafka, the registry, the admin port and the log. */
  settings: readonly Name[];
  defaultAdminPort: number;
  /** Opens the service's own things and returns when they run. */
  start(context: ServiceContext<Name>): Promise<void>;
};

/** A definition whose setting names are checked, for whoever runs it. */
export const defineService = <const Name extends SettingName>(
  definition: ServiceDefinition<Name>,
): ServiceDefinition<Name> => definition;

/** Below the ten seconds in which Ctrl-C has to end everything. */
const SHUTDOWN_LIMIT_MS = 8_000;

/**
 * The shell that every service shares: reads and checks settings, opens the admin port, starts the service, and ends it on
 * SIGINT, SIGTERM or when the parent process is gone. The admin port opens
 * first, so that a service which waits for its environment says so on `/readyz`.
 *
 * An environment that is not there at the start ends the process with exit code 1 and one message that names the thing
 * and the remedy; an orchestrator starts it again. So does an error that nobody handled: what it left is unknown.
 */
export async function runService<const Name extends SettingName>(definition: ServiceDefinition<Name>): Promise<void> {
  const ending = new AbortController();
  const resources = new AsyncDisposableStack();
  let log: Log | undefined;
  let redact = redactUrl;
  const end = async (why: string, exitCode: number) => {
    if (ending.signal.aborted) return;
    ending.abort(new Error(why));
    log?.info(`${definition.name} ends: ${why}`);
    setTimeout(() => process.exit(exitCode || 1), SHUTDOWN_LIMIT_MS).unref();
    try {
      await resources.disposeAsync();
    } catch (error) {
      log?.warn({ err: error }, 'not everything could be closed');
    }
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(`it got ${signal}`, 0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log?.fatal({ err: error }, `an error that nobody handled: ${describeError(error)}`);
      void end('an error was not handled', 1);
    });
  }
  process.on('disconnect', () => void end('its parent process is gone', 0));

  try {
    const settings = readSettings(process.env, [...COMMON_SETTINGS, ...definition.settings]) as Settings<
      Name | CommonSettingName
    >;
    const secrets = secretValues(settings);
    redact = createRedactor(secrets);
    log = createLogger({ service: definition.name, level: settings.LOG_LEVEL, secrets });
    // It ends last: the other resources end in spans.
    resources.use(await openTracing({ service: definition.name, env: process.env, log }));
    const metrics = createMetrics({ service: definition.name, account: settings.ACCOUNT, processMetrics: true });
    metrics.ready.set(0);
    const health = createHealth({
      parts: ['start'],
      onChange: (ready) => {
        metrics.ready.set(ready ? 1 : 0);
        if (ready) log?.info(`${definition.name} is ready`);
        else log?.warn({ problems: health.problems() }, `${definition.name} is not ready`);
      },
    });
    const admin: AdminServer = await startAdminServer({
      host: settings.ADMIN_HOST,
      port: settings.ADMIN_PORT ?? definition.defaultAdminPort,
      health,
      metrics,
      redact,
    });
    resources.use(admin);
    const clientId = `${settings.TOPIC_PREFIX}${definition.name}@${hostname()}`;
    resources.use(watchHealth(createKafkaProbe({ settings, clientId }), { health, healthPart: 'Kafka' }));
    const kafka = createKafka({
      settings,
      clientId,
      sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
      logCreator: kafkajsLogCreator(log),
    });
    const connect = async () => {
      health.set('start', 'starting: checks the topics');
      for (const warning of await ensureTopics(kafka, settings)) log?.warn(warning);
      health.set('start', 'starting: registers or checks the schemas');
      const codec = await connectCodec(settings, log);
      health.set('start', 'starting');
      return codec;
    };
    await definition.start({ settings, log, metrics, health, kafka, connect, signal: ending.signal, resources });
    health.set('start', null);
    log.info({ adminPort: admin.port }, `${definition.name} runs`);
  } catch (error) {
    // Told to end while it started: whatever failed then failed because of that.
    if (ending.signal.aborted) return;
    process.stderr.write(`${definition.name} cannot start: ${redact(describeError(error))}\n`);
    await end('it could not start', 1);
  }
}
