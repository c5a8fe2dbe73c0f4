import { renderUsersFile } from 'qcc-clickhouse/users-file';
import { readSettings } from 'qcc-core/base/settings';

/** The login of the local stack's ClickHouse for BI tools. It has no password, as `default` has none. */
export const ANALYST = 'analyst';

/** The login as a users file: it may do what the role qcc_analyst may do in the services' database, and comes from loopback. */
export const analystUsersFile = (env: Readonly<Record<string, string | undefined>>): string =>
  renderAnalyst({ database: readSettings(env, ['CLICKHOUSE_DATABASE']).CLICKHOUSE_DATABASE, network: '127.0.0.1' });

/** The same for a ClickHouse in a container, whose port is published on loopback only. */
export const containerUsersFile = (): string => renderAnalyst({ database: 'qcc', network: '::/0' });

const renderAnalyst = (input: { database: string; network: string }): string =>
  renderUsersFile({ ...input, logins: [{ name: ANALYST, password: '', role: 'qcc_analyst' }] });
