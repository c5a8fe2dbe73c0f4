import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { includeColumns } from './render-migration.ts';

export type Migration = {
  /** `NNN_name`; migrations run in the order of their names. */
  name: string;
  /** Still with the placeholders of its target. */
  template: string;
  /** SHA-256 of the template, lower-case hex. */
  checksum: string;
};

/**
 * Reads `NNN_name.sql` and the lists in `columns/` from a folder, in the order they run.
 *
 * A list is a part of every migration that uses it, so it is not edited once one of them is applied. `order` still has comments that
 * migrations 013 and 014 replace: migrations 019 and 021 write the columns of orders out.
 */
export function readMigrations(folder = FOLDER): Migration[] {
  const columns = readColumnLists(folder);
  return [...readSqlFiles(folder)].map(([name, text]) => {
    const template = includeColumns(text, columns);
    return { name, template, checksum: createHash('sha256').update(template).digest('hex') };
  });
}

const FOLDER = join(import.meta.dirname, 'migrations');

/** The lists in `columns/`, by name. */
export const readColumnLists = (folder = FOLDER): Map<string, string> => readSqlFiles(join(folder, 'columns'));

/** Name without `.sql` → text. Line ends are made one kind: a checkout must not change a checksum. */
function readSqlFiles(folder: string): Map<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return new Map(
    files
      .sort()
      .map((file) => [basename(file, '.sql'), readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n')]),
  );
}
