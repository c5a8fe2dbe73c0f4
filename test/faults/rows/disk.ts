import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestBed } from '../../harness/pipeline.ts';
import { openFleet } from '../instances.ts';
import { conclude, type RowFigures, type Say, sendOrder, until } from '../row.ts';

/** The spool's disk is full when an archive comes: a small file system in memory, which needs the right to mount. */
export async function runDiskFull(bed: TestBed, { say }: { say: Say }): Promise<RowFigures> {
  const spool = join(bed.folder, 'small-disk');
  mkdirSync(spool);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', spool]);
  try {
    await using fleet = openFleet(bed);
    const services = await fleet.startAll({ SPOOL_DIR: spool });
    await sendOrder(bed, { records: 5_000 });
    let said = '';
    await until('the extractor says so', 60_000, async () => {
      said = await services['archive-extractor'].problems();
      return said.includes('ENOSPC');
    });
    say(`the extractor says: ${said.slice(0, 160)}`);
    execFileSync('mount', ['-o', 'remount,size=64m', spool]);
    const notes = ['a tmpfs of 64 KiB', 'not ready while it was full: ENOSPC'];
    return await conclude({ row: 'disk full in the spool', bed, fleet, faults: 1, overAt: Date.now(), notes });
  } finally {
    execFileSync('umount', ['-l', spool]);
  }
}
