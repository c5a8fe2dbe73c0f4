import { writeFile } from 'node:fs/promises';
import { archiveExtractor } from 'archive-extractor/compose';
import { spoolChanges } from 'qcc-archive/spool-changes';
import { openArchive } from 'qcc-archive/zip/open-archive';
import { downloadArchive } from 'qcc-core/qcc/download';
import { runService } from 'qcc-core/service/service';
import { createReach } from '../fail-points.ts';
import { withFailPoints } from '../with-fail-points.ts';

const reach = createReach(process.env);
const diesAt = (name: string) => process.env.FAIL_POINT === name;

const extractor = archiveExtractor({
  // A chunk of the archive holds some 450 records: larger orders go in several parts.
  part: { maxRecords: 100, maxMs: 10_000 },
  async download(wanted) {
    if (diesAt('extractor mid-download')) {
      const body = Buffer.from(await (await fetch(wanted.url)).arrayBuffer());
      await writeFile(wanted.toFile, body.subarray(0, body.length / 2));
      reach({ when: 'after', what: 'download' });
    }
    return await downloadArchive(wanted);
  },
  async spoolChanges(source, file) {
    if (diesAt('extractor mid-inflate')) {
      await using archive = await openArchive(source);
      for await (const _ of archive.stream()) reach({ when: 'after', what: 'inflate' });
    }
    return await spoolChanges(source, file);
  },
});
await runService(withFailPoints(extractor, reach));
