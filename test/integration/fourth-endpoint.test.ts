import { cp, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { freshName } from './sink-database.ts';

/** A detail endpoint that does not exist: this folder is all that is known of it. */
const FOLDER = join(import.meta.dirname, 'fourth-endpoint/labour-disputes');
/** The one behind those that are there. */
const MIGRATION = `${String(readMigrations().length + 1).padStart(3, '0')}_labour_disputes`;

const dispute = (id: string, given: Record<string, unknown>) => ({ id, ...given });
const page = (rows: object[]) => JSON.stringify({ status: '200', resultList: rows, paging: { totalRecords: 3 } });
const RESPONSES = [
  page([
    dispute('d1', {
      claimant: '张三',
      hearingAt: '2026年11月24日 09:30',
      filedDate: '2026-10-01',
      claimAmount: '12.50元',
      reason: '张三追索工资',
      court: '某仲裁委',
      witness: '张三',
    }),
    dispute('d2', { reason: '张三解除合同' }),
  ]),
  page([dispute('d3', {})]),
];

/** A copy of what the repository's scripts and services need; packages import one another there. */
async function copyRepository(target: string): Promise<void> {
  const parts = ['packages', 'services', 'schemas', 'scripts', 'stack', 'package.json'];
  for (const part of parts) await cp(join(ROOT, part), join(target, part), { recursive: true });
  await mkdir(join(target, 'node_modules'));
  for (const entry of await readdir(join(ROOT, 'node_modules'), { withFileTypes: true })) {
    const installed = join(ROOT, 'node_modules', entry.name);
    const link = entry.isSymbolicLink() ? await readlink(installed) : '';
    await symlink(link.startsWith('../') ? link : installed, join(target, 'node_modules', entry.name));
  }
}

type Seen = {
  endpoints: string[];
  fields: string[];
  asked: string[];
  status: string;
  fromKept: boolean;
  applied: string[];
  refused: unknown[];
  shown: Record<string, Record<string, unknown>[]>;
  records: unknown[];
  bare: unknown[];
  marked: { table: string; columns: string[] }[];
  personal: Record<string, string[]>;
  roles: Record<string, string[]>;
  grants: string[];
  audit: { same: string[]; other: string[] };
  erased: { before: boolean; after: boolean };
};

describe('a fourth detail endpoint, of which there is one folder,', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  const node = (...args: string[]) => runChild(process.execPath, args, { cwd: folder.path });
  let written: string[];
  /** Files of the copy that differ from the repository's, before and after. */
  const changed: Record<string, [string, string]> = {};

  beforeAll(async () => {
    folder = await makeTemporaryFolder('qcc-fourth-endpoint-');
    await copyRepository(folder.path);
    await cp(FOLDER, join(folder.path, 'packages/qcc-details/src/endpoints/labour-disputes'), { recursive: true });
    const { stdout } = await node('scripts/generate-detail-endpoints.ts');
    written = stdout
      .trim()
      .split('\n')
      .map((path) => path.slice(folder.path.length + 1));
    for (const path of written) {
      const before = await readFile(join(ROOT, path), 'utf8').catch(() => '');
      changed[path] = [before, await readFile(join(folder.path, path), 'utf8')];
    }
  });
  afterAll(() => folder?.[Symbol.asyncDispose]());

  it('is registered last, with its list and its types, and a new migration', () => {
    expect(written).toEqual([
      'packages/qcc-details/src/generated/all.ts',
      'schemas/enriched-records.avsc',
      'packages/qcc-core/src/contract/generated/topics.ts',
      `packages/qcc-clickhouse/src/migrate/migrations/${MIGRATION}.sql`,
    ]);
    const registry = changed['packages/qcc-details/src/generated/all.ts']![1];
    expect(registry).toMatch(/\n {2}labourDisputes,\n\];\n$/);
    expect(changed['packages/qcc-core/src/contract/generated/topics.ts']![1]).toMatch(
      /export type LabourDispute = \{\n {2}\/\*\* 仲裁案件主键 \*\/\n {2}id: string;\n[\s\S]*labourDisputes: LabourDispute\[\];/,
    );
  });

  it('leaves all text of the schema and the types as it was', () => {
    for (const path of ['schemas/enriched-records.avsc', 'packages/qcc-core/src/contract/generated/topics.ts']) {
      const [before, after] = changed[path]!.map((text) => text.split('\n')) as [string[], string[]];
      let kept = 0;
      for (const line of after) if (line === before[kept]) kept += 1;
      expect(before.slice(kept)).toEqual([]);
      expect(after.length).toBeGreaterThan(before.length);
    }
  });

  it('is not written again', async () => {
    expect((await node('scripts/generate-detail-endpoints.ts')).stdout).toBe('');
  });

  describe('with the real client and ClickHouse', { tags: 'whole' }, () => {
    let seen: Seen;
    beforeAll(async () => {
      await cp(join(import.meta.dirname, 'fourth-endpoint/walk.ts'), join(folder.path, 'walk.ts'));
      const url = inject('stack').CLICKHOUSE_URL;
      const walk = await node('walk.ts', url, freshName(), MIGRATION, JSON.stringify(RESPONSES));
      seen = JSON.parse(walk.stdout);
    });

    it('is the last endpoint, and its list the last one before the version', () => {
      expect(seen.endpoints).toEqual(['getExceptions', 'getSeriousViolation', 'getShiXinList', 'getLabourDisputes']);
      expect(seen.fields.slice(-3)).toEqual(['dishonestDebtors', 'labourDisputes', 'version']);
    });

    it('is asked by the client, page by page, and gives the same from kept responses', () => {
      const query = 'key=key&corpKeyNo=f625a5b661058ba5082ca508f99ffe1b&checkId=a1b2c3';
      expect(seen.asked).toEqual([1, 2].map((page) => `/getLabourDisputes?${query}&pageIndex=${page}&pageSize=2`));
      expect(seen.status).toBe('ENRICHED');
      expect(seen.fromKept).toBe(true);
    });

    it('has its rows in the view and its alias', () => {
      expect(seen.applied).toEqual([MIGRATION]);
      expect(seen.refused).toEqual([]);
      const { labour_disputes: rows = [], employment_disputes: again } = seen.shown;
      expect(rows.map(({ id, detail_no, claimant }) => [id, detail_no, claimant])).toEqual([
        ['d1', 1, '张三'],
        ['d2', 2, null],
        ['d3', 3, null],
      ]);
      expect(rows[0]).toMatchObject({
        record_id: 'bd6ee9d38ee4cc9c8c5c9c8c5c9c8c5c9',
        corp_name: '示例有限公司',
        type: '99',
        hearing_at: '2026-11-24 09:30:00.000',
        hearing_day: '2026-11-24',
        filed_date: '2026-10-01',
        claim_amount: 12.5,
        claim_amount_raw: '12.50元',
        hearing_at_raw: '2026年11月24日 09:30',
        filed_date_raw: '2026-10-01',
        extra: '{"witness":"张三"}',
        reason: '张三追索工资',
        court: '某仲裁委',
      });
      expect(again).toEqual(rows);
      expect(seen.records).toEqual([
        { id: 'of before', list: [] },
        {
          id: 'bd6ee9d38ee4cc9c8c5c9c8c5c9c8c5c9',
          list: [{ id: 'd1' }, { id: 'd2' }, { id: 'd3' }].map((row) => expect.objectContaining(row)),
        },
      ]);
    });

    it('shows analysts nothing of persons', () => {
      const masked = seen.shown.labour_disputes_masked!;
      expect(masked.map(({ id, reason_class }) => [id, reason_class])).toEqual([
        ['d1', '工资'],
        ['d2', '其他'],
        ['d3', null],
      ]);
      expect(Object.keys(masked[0]!).slice(-7)).toEqual([
        'id',
        'hearing_at',
        'hearing_day',
        'filed_date',
        'claim_amount',
        'reason_class',
        'court',
      ]);
      expect(JSON.stringify(masked)).not.toContain('张三');
      expect(seen.roles.qcc_analyst).toContain('labour_disputes_masked');
      expect(seen.roles.qcc_analyst).not.toContain('labour_disputes');
      expect(seen.grants).toEqual([
        expect.stringMatching(/labour_disputes_masked TO qcc_analyst$/),
        ...['labour_disputes_masked', 'labour_disputes', 'employment_disputes'].map((view) =>
          expect.stringMatching(new RegExp(`\\.${view} TO qcc_investigator\\s*$`)),
        ),
      ]);
    });

    it('has a comment on every column, and a mark on those that may name a person', () => {
      expect(seen.bare).toEqual([]);
      const sorted = Object.entries(seen.personal).map(([table, columns]) => ({ table, columns: columns.toSorted() }));
      expect(seen.marked).toEqual(sorted.toSorted((a, b) => (a.table < b.table ? -1 : 1)));
      expect(seen.personal.labour_disputes).toEqual([
        'corp_name',
        'credit_code',
        'claimant',
        'reason',
        'hearing_at_raw',
        'filed_date_raw',
        'claim_amount_raw',
        'extra',
      ]);
      expect(seen.personal.record_history).toContain('labour_disputes');
      expect(seen.personal.record_history).toContain('labour_disputes_extra');
    });

    it('is compared by the audit, and loses names that are erased', () => {
      const later = ['hearing_at_raw', 'filed_date_raw', 'claim_amount_raw', 'extra'];
      expect(seen.audit).toEqual({
        same: [],
        other: ['labour_disputes', ...later.map((field) => `labour_disputes_${field}`)],
      });
      expect(seen.erased).toEqual({ before: true, after: false });
    });
  });
});
