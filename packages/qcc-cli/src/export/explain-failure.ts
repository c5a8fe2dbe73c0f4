import { ClickHouseError } from '@clickhouse/client';
import type { ClickHouseSettings } from 'qcc-clickhouse/create-clickhouse';
import type { Migration } from 'qcc-clickhouse/migrate/read-migrations';
import type { AnalystQuery } from 'qcc-clickhouse/queries/read-queries';
import { explainClickHouseFailure, REFUSED_LOGIN } from 'qcc-clickhouse/require-clickhouse';
import { CommandFailure } from '../terminal.ts';

type Context = {
  query: Pick<AnalystQuery, 'name' | 'narrowBy'>;
  settings: ClickHouseSettings & { CLICKHOUSE_DATABASE: string };
  /** Those of this version, in their order. */
  migrations: readonly Migration[];
};

/** What the client says when no byte has come for `request_timeout`. */
const CLIENT_TIMEOUT = 'Timeout error.';

/** Why a query of the catalogue cannot be answered, and what to do. https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
export function explainFailure(
  error: unknown,
  { query: { name: query, narrowBy }, settings, migrations }: Context,
): CommandFailure {
  const failed = (text: string) => new CommandFailure(text);
  const remedyOfSize =
    narrowBy === undefined ? 'ask an operator for a higher limit' : `ask for fewer days with --set ${narrowBy}=DAY`;
  if (error instanceof Error && error.message === CLIENT_TIMEOUT) {
    return failed(`ClickHouse sends nothing of ${query} for a minute: ${remedyOfSize}`);
  }
  if (!(error instanceof ClickHouseError) || REFUSED_LOGIN.includes(error.code)) {
    return new CommandFailure(explainClickHouseFailure(error, settings), { cause: error });
  }
  const { CLICKHOUSE_USER: user, CLICKHOUSE_DATABASE: database } = settings;
  const { message } = error;
  switch (error.code) {
    case '497': {
      const view = /have the grant .* ON ([\w.`]*\w`?)/s.exec(message)?.[1] ?? database;
      return failed(
        `user ${user} may not read ${view}, which ${query} needs: ask for the role qcc_analyst (masked) or qcc_investigator (--unmasked); an operator brings the roles up to date with \`npx qcc roles\`${since(view, migrations)}`,
      );
    }
    case '60': {
      const view = /identifier '([^']+)'|Table (\S+) (?:does not|doesn't) exist/.exec(message)?.slice(1).find(Boolean);
      return failed(
        `${view ?? 'a view'}, which ${query} needs, does not exist: the database is older${remedy(view, migrations)}`,
      );
    }
    case '46': {
      const name = /name `(\w+)`/.exec(message)?.[1];
      return failed(
        `the function ${name}, which ${query} needs, does not exist: the database is older${remedy(name, migrations)}`,
      );
    }
    case '47':
      return failed(
        `${query} needs a column that the database does not have (${message.split(' in scope')[0]}): the database and this version differ; start the sink of this version once with MIGRATIONS=apply`,
      );
    case '81':
      return failed(`database ${database} does not exist, or user ${user} may not see it: check CLICKHOUSE_DATABASE`);
    case '159':
    case '160':
      return failed(`${query} takes longer than user ${user} may use: ${remedyOfSize}`);
    case '201':
      return failed(
        `user ${user} has used up a quota: wait until the interval of the quota ends, or ask an operator for a higher quota. ${message.trim()}`,
      );
    case '241':
      return failed(`${query} takes more memory than user ${user} may use: ${remedyOfSize}`);
    default:
      return failed(`ClickHouse does not answer ${query}: ${message.split('\n')[0]}`);
  }
}

function remedy(name: string | undefined, migrations: readonly Migration[]): string {
  const migration = name === undefined ? undefined : migrationOf(name, migrations);
  return migration === undefined
    ? ', or this version has no migration that creates it'
    : ` than migration ${migration}: start the sink of this version once with MIGRATIONS=apply, the default`;
}

const since = (view: string, migrations: readonly Migration[]): string => {
  const migration = migrationOf(view, migrations);
  return migration === undefined ? '' : `, and a database from before migration ${migration} does not have it`;
};

/** The first migration that creates it. */
function migrationOf(name: string, migrations: readonly Migration[]): string | undefined {
  const bare = name.replaceAll('`', '').replace(/^.*\./, '');
  const creates = new RegExp(
    `CREATE (?:OR REPLACE )?(?:VIEW|TABLE|FUNCTION) (?:IF NOT EXISTS )?(?:\\{\\{database\\}\\}\\.)?${bare}\\b`,
  );
  return migrations.find(({ template }) => creates.test(template))?.name;
}
