import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Health } from '../base/health.ts';
import type { Metrics } from '../base/metrics.ts';

export type AdminServer = AsyncDisposable & { readonly port: number };

/**
 * `/livez` (the process answers), `/readyz` (200, or 503 with what is wrong) and `/metrics`, on a port of their own.
 * @throws when the port cannot be had, naming the setting.
 */
export async function startAdminServer(input: {
  host: string;
  port: number;
  health: Health;
  metrics: Metrics;
  /** Masks secrets in what is said of problems. */
  redact: (text: string) => string;
}): Promise<AdminServer> {
  const app = new Hono();
  app.get('/livez', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const redacted = (texts: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(texts).map(([part, text]) => [part, input.redact(text)]));
    const problems = redacted(input.health.problems());
    const notes = redacted(input.health.notes());
    const ready = Object.keys(problems).length === 0;
    const hasNotes = Object.keys(notes).length > 0;
    return c.json({ status: ready ? 'ready' : 'not ready', problems, ...(hasNotes && { notes }) }, ready ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    const { text, contentType } = await input.metrics.scrape();
    return c.body(text, 200, { 'content-type': contentType });
  });
  const server = createServer(getRequestListener(app.fetch));
  server.listen(input.port, input.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(
      `the admin port ${input.host}:${input.port} cannot be opened (${(error as NodeJS.ErrnoException).code}): end what holds it, or set ADMIN_PORT`,
      { cause: error },
    );
  }
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
