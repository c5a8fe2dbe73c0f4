import { writeFile } from 'node:fs/promises';
import type { TestBed } from '../../harness/pipeline.ts';

const OF_THE_ENGINE = [
  'MARK CACHE',
  'INDEX MARK CACHE',
  'UNCOMPRESSED CACHE',
  'INDEX UNCOMPRESSED CACHE',
  'QUERY CONDITION CACHE',
];
/** Linux: Documentation/admin-guide/sysctl/vm.rst. Only root may write to it. */
const DROP_PAGES = '/proc/sys/vm/drop_caches';

/**
 * Empties the caches of ClickHouse and the page cache of the machine. Otherwise the fill and earlier questions decide which tables are in
 * memory, and so which side of a question is faster.
 * @returns whether the page cache could be emptied, too.
 */
export async function dropCaches({ clickhouse }: Pick<TestBed, 'clickhouse'>): Promise<boolean> {
  for (const cache of OF_THE_ENGINE) await clickhouse.command({ query: `SYSTEM DROP ${cache}` });
  return await writeFile(DROP_PAGES, '1').then(
    () => true,
    () => false,
  );
}
