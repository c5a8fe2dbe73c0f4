/**
 * `npm run services`: runs the four services, and the alerter if it has rules, with the parts that the environment names. Their JSON logs
 * go to standard output.
 */
import { accountEnv, accountNames } from 'qcc-core/base/accounts';
import { COMMON_SETTINGS, rawValue, readSettings, type SettingName, SettingsError } from 'qcc-core/base/settings';
import { runningStack } from '../stack/background.ts';
import { endWithMe } from '../stack/end-with-me.ts';
import { noteUse } from '../stack/uses.ts';
import { adminPorts, alerterPort, hasAlertRules } from './admin-ports.mjs';
import { makeDefaultEvidence } from './make-default-evidence.ts';
import { ServiceEndedError, startServices } from './run-services.ts';
import { ALERTER_SETTINGS, SERVICE_SETTINGS } from './service-settings.ts';

const told = new Promise<void>((resolve) => {
  endWithMe({ orderly: () => resolve() });
});

try {
  // All that is wrong for any of the four, or any account, at once, before the first is started.
  const names: readonly SettingName[] = [
    'ACCOUNT',
    ...COMMON_SETTINGS,
    ...SERVICE_SETTINGS,
    ...(hasAlertRules(process.env) ? ALERTER_SETTINGS : []),
  ];
  const problems: string[] = [];
  const [settings] = accountNames(process.env).flatMap((account) => {
    try {
      return [readSettings(accountEnv(process.env, account), names)];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (!settings || problems.length > 0) throw new SettingsError(problems);
  // Commands that would end the stack of this checkout, or delete its data, then refuse and name this process.
  const stack = await runningStack();
  const isLocal =
    stack?.KAFKA_BROKERS === settings.KAFKA_BROKERS.join() || stack?.CLICKHOUSE_URL === settings.CLICKHOUSE_URL;
  using _use = isLocal ? noteUse('npm run services') : undefined;
  await makeDefaultEvidence(process.env);
  await using services = startServices({
    env: process.env,
    adminPorts: adminPorts(rawValue(process.env, 'ADMIN_PORT')),
    ...(hasAlertRules(process.env) && { alerterPort: alerterPort(rawValue(process.env, 'ADMIN_PORT')) }),
  });
  await Promise.race([told, services.failed]);
} catch (error) {
  if (error instanceof SettingsError) {
    console.error(error.message);
    process.exitCode = 1;
  } else if (error instanceof ServiceEndedError) {
    console.error(`${error.message}; the others are ended`);
    process.exitCode = error.exitCode;
  } else throw error;
}
