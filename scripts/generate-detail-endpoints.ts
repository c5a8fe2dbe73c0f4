/**
 * Writes what follows from the folders of `packages/qcc-details/src/endpoints/`: the list of endpoints, their lists in the
 * schema of `enriched-records`, the types of the topics, and a migration for each endpoint that no migration knows yet.
 * Migrations that are there are never written again.
 */
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '../packages/qcc-clickhouse/src/migrate/read-migrations.ts';
import { columnOf, type DetailEndpoint } from '../packages/qcc-details/src/detail-endpoint.ts';
import { renderMigration } from './detail-endpoints/render-migration.ts';
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

/** Those whose view no migration makes. */
export function withoutMigration(endpoints: readonly DetailEndpoint[]): DetailEndpoint[] {
  const sql = readMigrations(MIGRATIONS)
    .map(({ template }) => template)
    .join('\n');
  return endpoints.filter(({ list }) => !sql.includes(`VIEW IF NOT EXISTS {{database}}.${columnOf(list.name)} `));
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
  const recordColumns = readFileSync(join(MIGRATIONS, 'columns/record.sql'), 'utf8');
  const added = endpoints.filter(({ list }) => !recordColumns.includes(`\n  ${columnOf(list.name)} `));
  for (const endpoint of withoutMigration(endpoints)) {
    const number = globSync('*.sql', { cwd: MIGRATIONS }).length + 1;
    const name = `${String(number).padStart(3, '0')}_${columnOf(endpoint.list.name)}.sql`;
    const earlier = added.slice(0, added.indexOf(endpoint));
    write(join(MIGRATIONS, name), renderMigration(endpoint, { recordColumns, earlier }));
  }
  return written;
}

const camelCase = (folder: string): string => folder.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

if (import.meta.main) for (const path of await generate()) console.log(path);
