import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createQccClient } from 'qcc-core/qcc/client';
import type { TestBed } from '../harness/pipeline.ts';

export type DeliveredArchive = { file: string; password: string; entryName: string };

/** An order's archive as whoever asks QCC for it gets it. */
export async function archiveOf(bed: TestBed, orderNo: string): Promise<DeliveredArchive> {
  const { baseUrl, key, secretKey } = bed.simulator;
  await using client = createQccClient({ baseUrl, key, secretKey, timeoutMs: 10_000, now: Date.now });
  const link = await client.getDownloadUrl({ orderNo });
  if (link.kind !== 'success') throw new Error(`no link to the archive of order ${orderNo}: ${link.kind}`);
  const answer = await fetch(link.value.downloadUrl);
  if (!answer.ok) throw new Error(`the archive of order ${orderNo} cannot be had: status ${answer.status}`);
  const file = join(bed.folder, `${orderNo}.zip`);
  await writeFile(file, await answer.bytes());
  const { entryName } = bed.simulator.orders().find((order) => order.orderNo === orderNo)!;
  return { file, password: link.value.unzipPassword, entryName };
}
