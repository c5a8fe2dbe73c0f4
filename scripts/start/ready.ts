import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { ALL_SERVICES, type AnyServiceName } from '../admin-ports.mjs';

const READY_LIMIT_MS = 60_000;

/** Resolves when every service that has a port says on `/readyz` that it is ready. @throws Error that says which is not in time, and why. */
export async function servicesReady(
  ports: Readonly<Partial<Record<AnyServiceName, number>>>,
  {
    signal,
    limitMs = READY_LIMIT_MS,
    onReady,
  }: { signal?: AbortSignal; limitMs?: number; onReady?(service: AnyServiceName): void },
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (const service of ALL_SERVICES) {
    const port = ports[service];
    if (port === undefined) continue;
    let problems = 'it does not answer';
    while (problems !== '') {
      if (Date.now() > deadline) throw new Error(`${service} is not ready after ${limitMs / 1_000} s: ${problems}`);
      await sleep(100, undefined, signal && { signal });
      problems = await problemsOf(port);
    }
    onReady?.(service);
  }
}

async function problemsOf(port: number): Promise<string> {
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/readyz`);
    const text = await body.text();
    return statusCode === 200 ? '' : text;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
