import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../../packages/qcc-subscriber/src/options.ts';
import { subscribe } from '../../../packages/qcc-subscriber/src/subscribe.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { hex, keyOf, occurrenceOf, type SubscriberBed } from './bed.ts';

/** What comes from the topic and from ClickHouse, compared with the simulator's truth and with ClickHouse. */
export function testReading(bed: () => SubscriberBed): void {
  describe('from earliest', () => {
    test('every occurrence that QCC delivered comes, each with one settled version and at most one pending one before it', async () => {
      const total = (await bed().messages()).length;
      const changes = await bed().take({ group: 'all', from: 'earliest' }, ({ length }) => length === total);
      const byOccurrence = Map.groupBy(changes, occurrenceOf);
      expect([...byOccurrence.keys()].sort()).toEqual(bed().occurrences.toSorted());
      for (const versions of byOccurrence.values()) {
        expect(versions.map(({ detailStatus }) => detailStatus === 'PENDING')).toEqual(
          versions.length === 1 ? [false] : [true, false],
        );
      }
      expect(changes.length).toBeGreaterThan(bed().occurrences.length);
      expect(new Set(changes.map(keyOf)).size).toBe(changes.length);
      const newest = new Map(
        changes.filter(({ delivery }) => delivery.isNewest).map((change) => [change.record.id, change]),
      );
      expect([...newest.values()].map(keyOf).sort()).toEqual(await bed().currentState());
    });

    test('records gives each occurrence once', async () => {
      const changes = new Set<string>();
      const closing = new AbortController();
      const records = subscribe({
        ...bed().connection,
        topic: 'records',
        group: 'early',
        from: 'earliest',
        signal: closing.signal,
      });
      for await (const { record } of records) {
        changes.add(`${record.orderNo}/${record.position}`);
        if (changes.size === bed().occurrences.length) closing.abort();
      }
      expect([...changes].sort()).toEqual(bed().occurrences.toSorted());
    });
  });

  describe('from history', () => {
    test('the current state comes from ClickHouse, field by field as it was on the topic', async () => {
      const state = await bed().currentState();
      const changes = await bed().take({ group: 'state', from: 'history' }, ({ length }) => length === state.length);
      expect(changes.map(keyOf).sort()).toEqual(state);
      expect(new Set(changes.map(({ delivery }) => delivery.from))).toEqual(new Set(['history']));

      const total = (await bed().messages()).length;
      const published = await bed().take({ group: 'compare', from: 'earliest' }, ({ length }) => length === total);
      const byKey = new Map(published.map((change) => [keyOf(change), change]));
      expect(changes.filter(({ detailStatus }) => detailStatus === 'ENRICHED').length).toBeGreaterThan(20);
      for (const change of changes) {
        const message = byKey.get(keyOf(change))!;
        const { partition, offset, timestamp } = message.delivery;
        expect(change.delivery).toMatchObject({ partition, offset, timestamp, isNewest: true });
        expect(plain(change)).toEqual(plain(message));
      }
    });

    test('filters leave out all others, also those that are no customers of a portfolio', async () => {
      const [company] = await bed().pipeline.query<{ corp_key_no: string; code: string; n: number }>(
        `SELECT corp_key_no, any(credit_code) AS code, count() AS n FROM {{db}}.records WHERE credit_code IS NOT NULL
         GROUP BY corp_key_no ORDER BY n DESC, corp_key_no LIMIT 1`,
      );
      const file = join(bed().pipeline.folder, 'customers.csv');
      await writeFile(file, `企业名称,信用代码\n某客户,${company!.code}\n从未出现的公司,\n`);
      expect(await runQcc(bed().pipeline.env, ['portfolio', 'load', file])).toMatchObject({ exitCode: 0, err: '' });
      const cases = [
        { name: 'portfolio', filter: { portfolios: ['default'] }, where: `corp_key_no = '${company!.corp_key_no}'` },
        {
          name: 'company',
          filter: { companies: [company!.corp_key_no] },
          where: `corp_key_no = '${company!.corp_key_no}'`,
        },
        {
          name: 'kind',
          filter: { types: ['2', '4'], categories: ['1', '2'] },
          where: "type IN ('2', '4') AND category IN ('1', '2')",
        },
      ];
      for (const { name, filter, where } of cases) {
        const state = await bed().currentState(where);
        expect(state.length).toBeGreaterThan(0);
        const changes = await bed().take(
          { group: `filter-${name}`, from: 'history', filter },
          ({ length }) => length === state.length,
        );
        expect([name, changes.map(keyOf).sort()]).toEqual([name, state]);
        if (name === 'portfolio') {
          expect(changes[0]?.delivery.portfolios).toEqual([
            { portfolio: 'default', member: company!.code, matchedBy: 'CREDIT_CODE', hasOtherCreditCode: false },
          ]);
        }
      }
    });

    test('a ClickHouse without the view ends the subscription with a remedy', async () => {
      const clickhouse = { url: bed().pipeline.stack.CLICKHOUSE_URL, database: 'nowhere' };
      await expect(bed().take({ group: 'nowhere', from: 'history', clickhouse }, () => true)).rejects.toThrow(
        /nowhere\.records cannot be read: .*qcc_investigator/s,
      );
      expect((await bed().committed('nowhere')).map(({ offset }) => offset)).toEqual(Array(6).fill('-1'));
    });
  });
}

/** Without the way it came; ClickHouse keeps amounts as numbers, and lists of the view in one type of bytes. */
function plain({ delivery: _, ...change }: Change): unknown {
  const dishonestDebtors = change.dishonestDebtors.map(({ amount, ...row }) => ({
    ...row,
    amount: amount === null ? null : Number(amount),
  }));
  return JSON.parse(JSON.stringify({ ...change, dishonestDebtors, version: hex(change) }));
}
