export type MigrationTarget = {
  database: string;
  /** Set, statements run ON CLUSTER and tables are replicated, each under the path of `replicaPath`. */
  cluster?: string;
};

/**
 * The template with each `{{columns NAME}}` replaced by that list, and the lists within it. The checksum of a migration covers the result:
 * it is the same for every database and cluster, and changes if a shared list is edited.
 * `{{columns NAME, a = b}}` reads the table b wherever the list reads a, and `{{columns NAME, a = columns b}}`
 * reads the list b instead, which must be a subquery in parentheses.
 */
export function includeColumns(template: string, columns: ReadonlyMap<string, string>): string {
  const listOf = (name: string): string => {
    const list = columns.get(name);
    if (list === undefined) throw new Error(`there is no list of columns named ${name}: add columns/${name}.sql`);
    return includeColumns(list.trimEnd(), columns);
  };
  return template.replace(INCLUSION, (_, name: string, replaced: string) => {
    const sources = new Map(
      [...replaced.matchAll(REPLACED)].map(([, table = '', isList, source = '']) => [
        table,
        isList ? listOf(source) : `{{database}}.${source}`,
      ]),
    );
    return listOf(name).replace(TABLE, (read, table: string) => sources.get(table) ?? read);
  });
}

const INCLUSION = /\{\{columns (\w+)((?:, \w+ = (?:columns )?\w+)*)\}\}/g;
const REPLACED = /(\w+) = (columns )?(\w+)/g;
const TABLE = /\{\{database\}\}\.(\w+)/g;

/**
 * The path in Keeper that all replicas of a table share. It contains the table's name, so that a replica that joins later finds the others.
 * The server's default path contains `{uuid}`, which is new with each CREATE, so such a replica would not find them.
 */
export const replicaPath = (database: string, table: string): string =>
  `/clickhouse/tables/{shard}/${database}/${table}`;

/**
 * The statements of a migration, ready to run. Placeholders: `{{database}}`, `{{on_cluster}}`, `{{engine NAME(…)}}`, and
 * `{{fsync}}`, which is 1 on a single server and 0 on a cluster.
 * A statement ends at a line that holds nothing but a semicolon, so no text inside one can cut it.
 */
export const renderMigration = (template: string, target: MigrationTarget): string[] =>
  template
    .split(/^;[ \t]*$/m)
    .map((statement) => renderStatement(statement.trim(), target))
    .filter((statement) => statement !== '');

function renderStatement(statement: string, { database, cluster }: MigrationTarget): string {
  const table = /CREATE TABLE (?:IF NOT EXISTS )?\{\{database\}\}\.(\w+)/.exec(statement)?.[1];
  const sql = statement
    .replaceAll('{{database}}', `\`${database}\``)
    .replaceAll('{{on_cluster}}', cluster === undefined ? '' : `ON CLUSTER \`${cluster}\``)
    .replaceAll('{{fsync}}', cluster === undefined ? '1' : '0')
    .replace(/\{\{engine (\w+)(?:\((.+?)\))?\}\}/g, (_, engine: string, given?: string) => {
      if (cluster === undefined) return given === undefined ? engine : `${engine}(${given})`;
      if (table === undefined) throw new Error(`an engine stands outside CREATE TABLE: ${statement}`);
      const replica = [`'${replicaPath(database, table)}'`, `'{replica}'`];
      return `Replicated${engine}(${[...replica, ...(given === undefined ? [] : [given])].join(', ')})`;
    });
  const unknown = /\{\{.*?\}\}/.exec(sql);
  if (unknown) {
    throw new Error(
      `${unknown[0]} is no placeholder: {{database}}, {{on_cluster}}, {{engine NAME(…)}}, {{fsync}} and {{columns NAME}} are`,
    );
  }
  return sql;
}
