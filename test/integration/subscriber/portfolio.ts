import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runQcc } from '../../harness/run-qcc.ts';
import { identityRows } from '../company-identities.ts';
import { keyOf, type SubscriberBed } from './bed.ts';

/** Customers that the feed knows by another name now. */
export function testPortfolio(bed: () => SubscriberBed): void {
  test('a customer who is listed under a former name is found, from history and on the topic', async () => {
    const { pipeline } = bed();
    const [company] = await pipeline.query<{ corpKeyNo: string; name: string }>(
      `SELECT corp_key_no AS corpKeyNo, any(corp_name) AS name FROM {{db}}.records
       GROUP BY corpKeyNo HAVING countDistinct(corp_name) = 1 ORDER BY count() DESC, corpKeyNo LIMIT 1`,
    );
    const { corpKeyNo } = company!;
    // As a change of the name would have told before the load.
    const renamed = {
      corpKeyNo,
      currentName: null,
      names: [{ name: '旧名公司', lastSeen: 1 }],
      creditCodes: [],
      regNos: [],
    };
    await pipeline.clickhouse.insert({
      table: `${pipeline.database}.company_identities`,
      values: identityRows(pipeline.account, renamed),
      format: 'JSONEachRow',
    });
    const file = join(pipeline.folder, 'renamed.csv');
    await writeFile(file, '企业名称\n旧名公司\n');
    const load = await runQcc(pipeline.env, ['portfolio', 'load', file, '--name', 'renamed']);
    expect([load.err, load.out]).toEqual(['', expect.stringContaining('1 by former name')]);

    const state = await bed().currentState(`corp_key_no = '${corpKeyNo}'`);
    const total = (await bed().messages()).filter(({ key }) => String(key) === corpKeyNo).length;
    expect(state.length).toBeGreaterThan(0);
    const filter = { portfolios: ['renamed'] };
    for (const [from, count] of [
      ['history', state.length],
      ['earliest', total],
    ] as const) {
      const changes = await bed().take({ group: `renamed-${from}`, from, filter }, ({ length }) => length === count);
      expect(new Set(changes.map(({ record }) => record.corpKeyNo))).toEqual(new Set([corpKeyNo]));
      expect(changes[0]?.delivery.portfolios).toEqual([
        { portfolio: 'renamed', member: '旧名公司', matchedBy: 'FORMER_NAME', hasOtherCreditCode: false },
      ]);
      if (from === 'history') expect(changes.map(keyOf).sort()).toEqual(state);
    }
  });
}
