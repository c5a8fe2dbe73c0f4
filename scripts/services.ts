/** `npm run services`: the four services against whatever the environment names; their JSON logs go to standard output. */
import { COMMON_SETTINGS, readSettings, SettingsError } from 'qcc-core/settings';
import { endWithMe } from '../stack/end-with-me.ts';
import { ADMIN_PORTS, type AdminPorts, SERVICES, ServiceEndedError, startServices } from './run-services.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

const told = new Promise<void>((resolve) => {
  endWithMe({ orderly: () => resolve() });
});

try {
  // All that is wrong for any of the four, at once, before the first is started.
  readSettings(process.env, [...COMMON_SETTINGS, ...SERVICE_SETTINGS]);
  await using services = startServices({ env: process.env, adminPorts: adminPorts(process.env.ADMIN_PORT) });
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

/** ADMIN_PORT is one service's setting: here it is the first of four in a row; 0 lets each take a free one. */
function adminPorts(first: string | undefined): AdminPorts {
  if (!first) return ADMIN_PORTS;
  const port = (index: number) => (Number(first) === 0 ? 0 : Number(first) + index);
  return Object.fromEntries(SERVICES.map((service, index) => [service, port(index)])) as AdminPorts;
}
