import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Health } from '../base/health.ts';
import type { scrape } from '../base/metrics.ts';

export type AdminServer = AsyncDisposable & { readonly port: number };

/** The state that the admin port shows. */
export type AdminView = {
  /** The common parts. In a process with one account, all parts. */
  health: Pick<Health, 'problems' | 'notes'>;
  /** The health of each account. Absent in a process with one account. */
  accounts?: ReadonlyMap<string, Pick<Health, 'problems' | 'notes'>>;
  scrape: () => ReturnType<typeof scrape>;
};

/**
 * `/livez` (the process answers), `/readyz` (200, or 503 with what is wrong) and `/metrics`, on a separate port. With several accounts
 * the process is ready as long as one account is: if it were taken out of service, it would serve none.
 * @throws Error that names the setting, if the port cannot be opened.
 */
export async function startAdminServer(
  input: AdminView & {
    host: string;
    port: number;
    /** Masks secrets in problems and notes. */
    redact: (text: string) => string;
  },
): Promise<AdminServer> {
  const redacted = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([part, text]) => [part, input.redact(text)]));
  const stateOf = (health: AdminView['health']) => {
    const problems = redacted(health.problems());
    const notes = redacted(health.notes());
    const hasNotes = Object.keys(notes).length > 0;
    const isReady = Object.keys(problems).length === 0;
    return { isReady, body: { status: readiness(isReady), problems, ...(hasNotes && { notes }) } };
  };
  const app = new Hono();
  app.get('/livez', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const process = stateOf(input.health);
    if (!input.accounts) return c.json(process.body, process.isReady ? 200 : 503);
    const accounts = [...input.accounts].map(([account, health]) => ({ account, ...stateOf(health) }));
    const isReady = accounts.some((each) => each.isReady);
    const bodies = Object.fromEntries(accounts.map(({ account, body }) => [account, body]));
    return c.json({ ...process.body, status: readiness(isReady), accounts: bodies }, isReady ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    const { text, contentType } = await input.scrape();
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

const readiness = (isReady: boolean): string => (isReady ? 'ready' : 'not ready');
