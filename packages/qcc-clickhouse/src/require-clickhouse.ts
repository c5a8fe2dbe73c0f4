import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { explainTls } from 'qcc-core/base/explain-tls';
import type { Probe } from 'qcc-core/base/watch-probe';
import { type ClickHouseSettings, clickHouseUrls, createClickHouse } from './create-clickhouse.ts';

// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
export const REFUSED_LOGIN = ['192', '193', '194', '516'];

/**
 * Resolves if ClickHouse answers this user's query.
 * @throws Error with one sentence that names ClickHouse, the problem and the settings to check. It contains no secret.
 */
export async function requireClickHouse(
  client: Pick<ClickHouseClient, 'ping'>,
  settings: ClickHouseSettings,
): Promise<void> {
  // A query, since the plain ping asks for no login.
  const ping = await client.ping({ select: true });
  if (!ping.success) throw new Error(explainClickHouseFailure(ping.error, settings), { cause: ping.error });
}

/** Why ClickHouse does not serve this client, and which setting to look at, in one sentence without secrets. */
export function explainClickHouseFailure(
  error: unknown,
  { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user }: ClickHouseSettings,
): string {
  const what = `ClickHouse at ${url}`;
  if (error instanceof ClickHouseError) {
    return REFUSED_LOGIN.includes(error.code)
      ? `${what} refuses the login of user ${user}: check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD`
      : `${what} does not answer the query of user ${user}: check the user's rights and quotas, and the server's own log`;
  }
  const tls = explainTls(error, {
    what,
    address: 'CLICKHOUSE_URL',
    authority: 'CLICKHOUSE_CA_FILE',
    overTls: url.startsWith('https:'),
    withTls: 'write https:// in CLICKHOUSE_URL',
    withoutTls: 'write http://',
  });
  if (tls !== null) return tls;
  return error instanceof Error && 'code' in error
    ? `${what} does not answer: start it, or set CLICKHOUSE_URL`
    : `the server at ${url} is not ClickHouse, or blocks access to it: check CLICKHOUSE_URL, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD`;
}

/**
 * Pings ClickHouse without a login, on separate connections, because all connections of a client may wait for long queries. If there are
 * several servers, one answer is enough.
 */
export function createClickHouseProbe(settings: ClickHouseSettings): Probe {
  const servers = clickHouseUrls(settings).map((url) => {
    const ofServer = { ...settings, CLICKHOUSE_URL: url };
    return { settings: ofServer, client: createClickHouse(ofServer) };
  });
  return {
    what: `ClickHouse at ${settings.CLICKHOUSE_URL.replaceAll(',', ', ')}`,
    async ask(signal) {
      const problems: string[] = [];
      const isWell = await anyOf(servers, async (server) => {
        const ping = await server.client.ping({ select: false, abort_signal: signal });
        if (!ping.success) problems.push(explainClickHouseFailure(ping.error, server.settings));
        return ping.success;
      });
      if (isWell) return null;
      signal.throwIfAborted();
      return problems.join('; ');
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map(({ client }) => client.close()))),
  };
}

/** Resolves once one holds, or none does. */
const anyOf = <Item>(items: readonly Item[], holds: (item: Item) => Promise<boolean>): Promise<boolean> =>
  Promise.any(
    items.map(async (item) => {
      if (!(await holds(item))) throw new Error('it does not hold');
      return true;
    }),
  ).catch(() => false);
