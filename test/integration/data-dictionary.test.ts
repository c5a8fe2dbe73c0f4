import { join } from 'node:path';
import { PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { ROLES } from 'qcc-clickhouse/roles';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

type ColumnRow = { table: string; title: string; name: string; type: string; comment: string };

/** The page in Chinese, from the tables as they are. */
async function renderDictionary(): Promise<string> {
  const columns = await db.rows<ColumnRow>(`
    SELECT c.table AS table, t.comment AS title, c.name AS name, c.type AS type, c.comment AS comment
    FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
    WHERE c.database = '{{db}}' ORDER BY c.table, c.position`);
  const codes = await db.rows<Record<string, string | null>>(
    'SELECT kind, code, name_zh, meaning, details_endpoint, event_date_means, since_version FROM {{db}}.dictionary',
  );
  const byTable = Map.groupBy(columns, ({ table }) => table);
  const cell = (text: string | null) => (text ?? '').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
  const section = (table: string) => {
    const of = byTable.get(table)!;
    const rows = of.map(({ name, type, comment }) => `| \`${name}\` | ${cell(type)} | ${cell(comment)} |`);
    return `### \`${table}\`\n\n${of[0]!.title}\n\n| 列 | 类型 | 说明 |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  };
  const analyst = [...ROLES.qcc_analyst].sort();
  const investigator = ROLES.qcc_investigator.filter((table) => !ROLES.qcc_analyst.includes(table)).sort();
  const kinds = [...Map.groupBy(codes, ({ kind }) => kind)].map(([kind, of]) => {
    const rows = of.map((row) =>
      [`\`${row.code}\``, row.name_zh, row.meaning, row.details_endpoint, row.event_date_means, row.since_version].map(
        (text) => cell(text ?? null),
      ),
    );
    return `### ${kind}\n\n| 代码 | 名称 | 含义 | 详情接口 | event_date | 接口文档版本 |\n| --- | --- | --- | --- | --- | --- |\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
  });
  return `# 数据字典

本页由实际表结构生成（\`test/integration/data-dictionary.test.ts\`），与数据库中的注释一致。注释以【个人信息】开头的列可能涉及自然人。

## 分析师（qcc_analyst）可读的视图

${analyst.map(section).join('\n')}
## 仅调查角色（qcc_investigator）可读的表与视图

${investigator.map(section).join('\n')}
## 代码表

${kinds.join('\n')}`;
}

test('the page is up to date (else: vitest -u)', async () => {
  await expect(await renderDictionary()).toMatchFileSnapshot(
    join(import.meta.dirname, '../../docs/data-dictionary.md'),
  );
});

test('no column for analysts is marked as personal', () => {
  expect(ROLES.qcc_analyst.filter((table) => table in PERSONAL_COLUMNS)).toEqual([]);
});
