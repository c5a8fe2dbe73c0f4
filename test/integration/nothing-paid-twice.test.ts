// @module-tag whole
/** Real services that an operator sets back read everything again, and pay QCC for nothing twice. */
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { expect, inject, test, vi } from 'vitest';
import { openFleet } from '../harness/instances.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed } from '../harness/pipeline.ts';
import { readAvro } from '../harness/read-avro.ts';
import { runQcc } from '../harness/run-qcc.ts';

const RECORDS = 120;
const SET_BACK = [
  { service: 'archive-extractor', from: TOPICS.orders },
  { service: 'detail-enricher', from: TOPICS.records },
] as const;

test('extractor and enricher that are set back to the beginning publish each change with the same details, and make no detail call', async () => {
  await using bed = await openTestBed({ stack: inject('stack'), env: { DETAIL_RATE_PER_SECOND: '1000' } });
  await using fleet = openFleet(bed);
  await fleet.startAll();
  await bed.simulator.createOrder({ records: RECORDS, types: ['2', '10', '11'], withoutCheckId: 0 });
  const settled = async () => {
    const versions = await readAvro<EnrichedRecord>(bed, 'enriched-records');
    return versions.filter(({ detailStatus }) => detailStatus !== 'PENDING');
  };
  await vi.waitFor(async () => expect(await settled()).toHaveLength(RECORDS), PATIENCE);
  const calls = () => bed.simulator.calls.log().filter(({ corpKeyNo }) => corpKeyNo !== undefined);
  const paid = calls().length;
  expect(paid).toBeGreaterThan(RECORDS / 2);

  await fleet.stopAll();
  for (const { service, from } of SET_BACK) {
    for (let partition = 0; partition < from.partitions; partition += 1) {
      const set = await runQcc(bed.env, [
        ...['offsets', 'set', '--service', service, '--partition', String(partition), '--to', 'beginning'],
        ...['--who', 'Li Lei', '--why', 'a test', '--yes'],
      ]);
      expect(set, set.err).toMatchObject({ exitCode: 0 });
    }
  }
  await fleet.startAll();
  await vi.waitFor(async () => expect(await settled()).toHaveLength(2 * RECORDS), PATIENCE);

  expect(calls()).toHaveLength(paid);
  const versions = Map.groupBy(await settled(), ({ record }) => record.position);
  for (const [first, second] of versions.values()) expect(second).toEqual(first);
  expect(await readAvro(bed, 'records')).toHaveLength(RECORDS);
});
