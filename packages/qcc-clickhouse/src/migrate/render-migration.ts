export type MigrationTarget = {
  database: string;
  /** Set, statements run ON CLUSTER and tables are replicated by the server's default path and replica name. */
  cluster?: string;
};

/**
 * The template with each `{{columns NAME}}` replaced by that list, and the lists within it. What comes out is what a
 * migration's checksum covers: the same for every database and cluster, different once a shared list is edited.
 */
export function includeColumns(template: string, columns: ReadonlyMap<string, string>): string {
  return template.replace(/\{\{columns (\w+)\}\}/g, (_, name: string) => {
    const list = columns.get(name);
    if (list === undefined) throw new Error(`there is no list of columns named ${name}: add columns/${name}.sql`);
    return includeColumns(list.trimEnd(), columns);
  });
}

/**
 * The statements of a migration, ready to run. Placeholders: `{{database}}`, `{{on_cluster}}`, `{{engine NAME(…)}}`, and
 * `{{fsync}}`, which is 1 on a single server and 0 on a cluster.
 * A statement ends at a line that holds nothing but a semicolon, so no text inside one can cut it.
 */
export function renderMigration(template: string, { database, cluster }: MigrationTarget): string[] {
  const sql = template
    .replaceAll('{{database}}', `\`${database}\``)
    .replaceAll('{{on_cluster}}', cluster === undefined ? '' : `ON CLUSTER \`${cluster}\``)
    .replaceAll('{{fsync}}', cluster === undefined ? '1' : '0')
    .replace(/\{\{engine (.+?)\}\}/g, (_, engine: string) => (cluster === undefined ? engine : `Replicated${engine}`));
  const unknown = /\{\{.*?\}\}/.exec(sql);
  if (unknown) {
    throw new Error(
      `${unknown[0]} is no placeholder: {{database}}, {{on_cluster}}, {{engine NAME(…)}}, {{fsync}} and {{columns NAME}} are`,
    );
  }
  return sql
    .split(/^;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
