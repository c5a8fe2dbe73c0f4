import { TextReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import type { Assets } from './render-assets.ts';
import { writeYaml } from './write-yaml.ts';

/** Superset ignores the name of the one folder that all files of an archive are in, but needs one. */
const FOLDER = 'qcc';

/** The assets as the archive that Superset imports, with the address of a ClickHouse, a login, and the database of the views. */
export async function bundle(
  assets: Assets,
  { sqlalchemyUri, schema }: { sqlalchemyUri: string; schema: string },
): Promise<Uint8Array> {
  const archive = new ZipWriter(new Uint8ArrayWriter());
  for (const [path, content] of Object.entries(assets)) {
    const text = writeYaml({
      ...content,
      ...(path.startsWith('databases/') && { sqlalchemy_uri: sqlalchemyUri }),
      ...(path.startsWith('datasets/') && { schema, sql: withDatabase(content.sql, schema) }),
    });
    await archive.add(`${FOLDER}/${path}`, new TextReader(text));
  }
  return await archive.close();
}

const withDatabase = (sql: unknown, database: string): unknown =>
  typeof sql === 'string' ? sql.replaceAll('{db}', database) : sql;
