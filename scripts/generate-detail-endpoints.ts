/**
 * Writes what follows from the folders of `packages/qcc-details/src/endpoints/`: the list of endpoints, their lists in the
 * schema of `enriched-records`, the types of the topics, a migration for the fields of older endpoints that have no column yet,
 * and one for each endpoint that no migration knows. Migrations that are there are never written again.
 */
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '../packages/qcc-clickhouse/src/migrate/read-migrations.ts';
import { columnOf, type DetailEndpoint } from '../packages/qcc-details/src/detail-endpoint.ts';
import {
  addedColumns,
  type RecordColumn,
  recordColumnsOf,
  renderFieldsMigration,
  renderMigration,
} from './detail-endpoints/render-migration.ts';
import { withLists } from './detail-endpoints/render-schema.ts';
import { renderTypes } from './generate-types.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = join(ROOT, 'packages/qcc-details/src/endpoints');
export const REGISTRY = join(ROOT, 'packages/qcc-details/src/generated/all.ts');
export const SCHEMA = join(ROOT, 'schemas/enriched-records.avsc');
const TYPES = join(ROOT, 'packages/qcc-core/src/contract/generated/topics.ts');
const MIGRATIONS = join(ROOT, 'packages/qcc-clickhouse/src/migrate/migrations');

type Found = { folder: string; endpoint: DetailEndpoint };

/** The endpoints of the folders, in the order of their lists in the schema; new ones come last. */
export async function findEndpoints(schema = readFileSync(SCHEMA, 'utf8')): Promise<Found[]> {
  const fields = (JSON.parse(schema) as { fields: { name: string }[] }).fields.map(({ name }) => name);
  const found: Found[] = [];
  for (const folder of readdirSync(FOLDERS).sort()) {
    const name = camelCase(folder);
    const module: Record<string, DetailEndpoint> = await import(join(FOLDERS, folder, 'endpoint.ts'));
    const endpoint = module[name];
    if (endpoint?.list.name !== name)
      throw new Error(`${folder}/endpoint.ts must export ${name}, whose list has the same name`);
    found.push({ folder, endpoint });
  }
  const place = ({ endpoint }: Found): number => fields.indexOf(endpoint.list.name) + 1 || fields.length + 1;
  return found.sort((a, b) => place(a) - place(b));
}

export const renderRegistry = (found: readonly Found[]): string =>
  `// Generated from the folders of endpoints/ by scripts/generate-detail-endpoints.ts; do not edit.
import type { DetailEndpoint } from '../detail-endpoint.ts';
${found.map(({ folder }) => `import { ${camelCase(folder)} } from '../endpoints/${folder}/endpoint.ts';\n`).join('')}
/** In the order of their lists in \`enriched-records\`. */
export const DETAIL_ENDPOINTS: readonly DetailEndpoint[] = [
${found.map(({ folder }) => `  ${camelCase(folder)},\n`).join('')}];
`;

const migrationsText = (): string =>
  readMigrations(MIGRATIONS)
    .map(({ template }) => template)
    .join('\n');
const readColumns = (list: 'record' | 'detail'): string =>
  readFileSync(join(MIGRATIONS, `columns/${list}.sql`), 'utf8');

/** Those whose view no migration makes. */
export function withoutMigration(endpoints: readonly DetailEndpoint[]): DetailEndpoint[] {
  const sql = migrationsText();
  return endpoints.filter(({ list }) => !sql.includes(`VIEW IF NOT EXISTS {{database}}.${columnOf(list.name)} `));
}

/** Columns of records for the endpoints that have a migration, which no migration adds. */
export function withoutColumn(endpoints: readonly DetailEndpoint[]): RecordColumn[] {
  const sql = migrationsText();
  const later = withoutMigration(endpoints).flatMap(recordColumnsOf);
  return addedColumns(endpoints, readColumns('record')).filter(
    ({ name }) => !sql.includes(`ADD COLUMN IF NOT EXISTS ${name} `) && !later.some((column) => column.name === name),
  );
}

/** The files that it wrote or changed. */
async function generate(): Promise<string[]> {
  const written: string[] = [];
  const write = (path: string, text: string): void => {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
    writeFileSync(path, text);
    written.push(path);
  };
  const found = await findEndpoints();
  const endpoints = found.map(({ endpoint }) => endpoint);
  write(REGISTRY, renderRegistry(found));
  write(
    SCHEMA,
    withLists(
      readFileSync(SCHEMA, 'utf8'),
      endpoints.map(({ list }) => list),
    ),
  );
  write(TYPES, renderTypes());
  const recordColumns = readColumns('record');
  const detailColumns = readColumns('detail');
  const nextFile = (name: string): string => {
    const number = globSync('*.sql', { cwd: MIGRATIONS }).length + 1;
    return join(MIGRATIONS, `${String(number).padStart(3, '0')}_${name}.sql`);
  };
  const unknown = withoutMigration(endpoints);
  const known = endpoints.filter((endpoint) => !unknown.includes(endpoint));
  const missing = withoutColumn(endpoints);
  if (missing.length > 0) {
    const input = { recordColumns, detailColumns, added: addedColumns(known, recordColumns) };
    write(nextFile('detail_fields'), renderFieldsMigration(known, missing, input));
  }
  for (const endpoint of unknown) {
    const earlier = endpoints.slice(0, endpoints.indexOf(endpoint) + 1);
    const input = { recordColumns, detailColumns, added: addedColumns(earlier, recordColumns) };
    write(nextFile(columnOf(endpoint.list.name)), renderMigration(endpoint, input));
  }
  return written;
}

const camelCase = (folder: string): string => folder.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

if (import.meta.main) for (const path of await generate()) console.log(path);
