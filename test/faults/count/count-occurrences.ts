import { join } from 'node:path';
import { runChild } from '../../../stack/child.ts';
import type { SeenOnTopics } from '../../harness/audit.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { type Absent, installPython } from '../../harness/python.ts';
import type { Say } from '../../harness/say.ts';

/** As the program prints it, a line a message. */
type Line = [
  topic: string,
  account: string,
  orderNo: string,
  revision: number,
  position: number,
  detailStatus: string | null,
];

/** A reader of the topics that shares neither client nor decoder with the pipeline. */
export async function openCounter(say: Say): Promise<((bed: TestBed) => Promise<SeenOnTopics>) | Absent> {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const installed = await installPython({ name: 'chaos-python', requirements, say });
  if ('absent' in installed) return installed;
  return async (bed) => {
    const { stdout } = await runChild(installed.python, [
      join(import.meta.dirname, 'occurrences.py'),
      bed.stack.KAFKA_BROKERS,
      bed.stack.SCHEMA_REGISTRY_URL,
      bed.prefix,
    ]);
    const lines = stdout.split('\n').filter((line) => line !== '');
    const messages = lines.map((line) => JSON.parse(line) as Line);
    const foreign = messages.filter(([, account]) => account !== bed.account);
    if (foreign.length > 0) throw new Error(`${foreign.length} messages are of another account than ${bed.account}`);
    const of = (topic: string) =>
      messages
        .filter(([of]) => of === topic)
        .map(([, , orderNo, revision, position, status]) => ({ orderNo, revision, position, status }));
    return {
      records: of('records'),
      enriched: of('enriched-records').map(({ status, ...occurrence }) => {
        if (status === null) throw new Error('a message of enriched-records has no detailStatus');
        return { ...occurrence, detailStatus: status };
      }),
    };
  };
}
