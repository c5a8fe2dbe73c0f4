import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openFolderStore } from 'qcc-evidence/folder-store';
import type { Instance } from '../../harness/instances.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { readTopic } from '../../harness/read-topic.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import type { Say } from '../../harness/say.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, type FaultInput, type RowFigures, sendOrder, withBroken } from '../row.ts';

/** A small file system in memory, which needs the right to mount. */
function mountSmallDisk(bed: TestBed, size: string): Disposable & { folder: string; resize(to: string): void } {
  const folder = join(bed.folder, 'small-disk');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  return {
    folder,
    resize: (to) => void execFileSync('mount', ['-o', `remount,size=${to}`, folder]),
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]),
  };
}

/** Waits until the instance says that its disk is full: on `/readyz` and by its metric. */
async function untilItSaysFull(instance: Instance, say: Say): Promise<void> {
  let said = '';
  await until(`the ${instance.service} says so`, 60_000, async () => {
    said = await instance.problems();
    return said.includes('ENOSPC') && (await instance.metric('qcc_ready')) === 0;
  });
  say(`the ${instance.service} says: ${said.slice(0, 160)}`);
}

/** The spool's disk is full when an archive comes. */
export async function runSpoolFull(bed: TestBed, { say }: FaultInput): Promise<RowFigures> {
  using disk = mountSmallDisk(bed, '64k');
  await using fleet = openFaultFleet(bed);
  const services = await fleet.startAll({ SPOOL_DIR: disk.folder });
  await sendOrder(bed, { records: 5_000 });
  await untilItSaysFull(services['archive-extractor'], say);
  disk.resize('64m');
  const notes = ['a tmpfs of 64 KiB', 'not ready while it was full: ENOSPC, `qcc_ready` 0'];
  return await conclude({ bed, fleet, faults: 1, overAt: Date.now(), notes });
}

/** The evidence's disk is full when an archive has to be kept, and again when details' answers have to be. */
export async function runEvidenceFull(bed: TestBed, { say }: FaultInput): Promise<RowFigures> {
  using disk = mountSmallDisk(bed, '64k');
  const env = { EVIDENCE_URL: pathToFileURL(disk.folder).href };
  await openFolderStore(disk.folder).make();
  await using fleet = openFaultFleet(bed);
  const services = await fleet.startAll(env);
  const countOn = async (topic: string) => (await readTopic(bed.stack.KAFKA_BROKERS, `${bed.prefix}${topic}`)).length;
  await sendOrder(bed, { records: 5_000 });
  await untilItSaysFull(services['archive-extractor'], say);
  const early = await countOn('records');
  disk.resize('2m');
  await untilItSaysFull(services['detail-enricher'], say);
  await until(
    'all records have gone on without their details',
    60_000,
    async () => (await countOn('records')) === 5_000,
  );
  disk.resize('256m');
  const overAt = Date.now();
  const figures = await conclude({ bed, fleet, faults: 2, overAt });
  const audit = await runQcc({ ...bed.env, ...env }, ['audit']);
  say(audit.out.trimEnd().split('\n').at(-1) ?? '');
  figures.notes.push(
    'a tmpfs of 64 KiB: the extractor not ready, ENOSPC, `qcc_ready` 0',
    `${early} records published before their archive was kept`,
    'then of 2 MiB: the enricher not ready, ENOSPC, `qcc_ready` 0, all records published meanwhile',
    `then \`npx qcc audit\` over archive, topics and tables: exit code ${audit.exitCode}`,
  );
  const broken = [
    early > 0 && 'records were published before their archive was kept',
    audit.exitCode !== 0 && 'the audit found a difference',
  ];
  return withBroken(figures, broken);
}
