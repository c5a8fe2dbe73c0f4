import type { Kafka } from 'kafkajs';
import type { AvroCodec } from '../avro/codec.ts';
import type { Health } from '../base/health.ts';
import type { Log } from '../base/logs.ts';
import type { Metrics } from '../base/metrics.ts';
import type { AccountSetting, COMMON_SETTINGS, SettingName, Settings } from '../base/settings.ts';

export type ServiceContext<Name extends SettingName> = {
  settings: Settings<Name | (typeof COMMON_SETTINGS)[number]>;
  log: Log;
  metrics: Metrics;
  health: Health;
  kafka: Kafka;
  /**
   * Checks topics and schemas, or creates them. Await it before anything is read from Kafka or written to it.
   * @throws Error that names what does not answer, or is missing, and the remedy.
   */
  connect: () => Promise<AvroCodec>;
  /** All accounts of this process. */
  accounts: readonly string[];
  /** Aborts when the service is asked to end. */
  signal: AbortSignal;
  /** Whatever is put here is disposed at the end, the last first. */
  resources: AsyncDisposableStack;
};

export type ServiceDefinition<Name extends SettingName, Shared> = {
  name: string;
  /** Beside those of Kafka, the registry, the admin port and the log. */
  settings: readonly Name[];
  defaultAdminPort: number;
  /** Opens the resources that all accounts of a process share, before the first account starts. */
  open?(context: ServiceContext<Exclude<Name, AccountSetting>>): Promise<Shared>;
  /**
   * Opens the resources of one account, and returns when they run. If it throws while other accounts run, its `resources` are
   * disposed, and it is called again after a pause.
   */
  start(context: ServiceContext<Name | 'ACCOUNT'>, shared: Shared): Promise<void>;
};

/** Returns the definition as it is. The compiler checks the names of its settings. */
export const defineService = <const Name extends SettingName, Shared = undefined>(
  definition: ServiceDefinition<Name, Shared>,
): ServiceDefinition<Name, Shared> => definition;
