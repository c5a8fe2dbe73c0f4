import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { SERVICES, type ServiceName } from '../run-services.ts';

export const ADMIN_PORTS: Readonly<Record<ServiceName, number>> = {
  'callback-gateway': 9101,
  'archive-extractor': 9102,
  'detail-enricher': 9103,
  sink: 9104,
};

const READY_LIMIT_MS = 60_000;

/** Resolves when every service says on `/readyz` that it is ready. @throws Error that says which is not, and why. */
export async function servicesReady(signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (const service of SERVICES) {
    let problems = 'it does not answer';
    while (problems !== '') {
      if (Date.now() > deadline) throw new Error(`${service} is not ready after a minute: ${problems}`);
      await sleep(100, undefined, { signal });
      problems = await problemsOf(service);
    }
  }
}

async function problemsOf(service: ServiceName): Promise<string> {
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${ADMIN_PORTS[service]}/readyz`);
    const text = await body.text();
    return statusCode === 200 ? '' : text;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
