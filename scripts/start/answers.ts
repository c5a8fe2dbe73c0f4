import type { ClickHouseClient } from '@clickhouse/client';
import { renderTable } from 'qcc-cli/render-table';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';

/** Questions of the catalogue, and the columns that fit a terminal. */
export const SHOWN: readonly (readonly [query: string, columns: readonly string[]])[] = [
  ['new-since', ['类型', '级别', '方向', '新增变更', '企业数']],
  ['debtors-by-company', ['企业', '案件数', '未全部履行', '涉案金额（元）', '最新发布']],
  ['abnormal-now', ['企业', '省份', '列入日期', '原因', '依据']],
];
export const SHOWN_ROWS = 5;

function questions(target: { database: string; account: string }): { title: string; sql: string }[] {
  const catalogue = new Map(readQueries().map((query) => [query.name, query]));
  return SHOWN.map(([name, columns]) => {
    const query = catalogue.get(name)!;
    const rows = renderQuery(query, { ...target, masked: false });
    return {
      title: `${query.title}（前 ${SHOWN_ROWS} 行） · ${query.titleInEnglish} (${SHOWN_ROWS} rows)`,
      sql: `SELECT ${columns.map((column) => `\`${column}\``).join(', ')} FROM (${rows}) LIMIT ${SHOWN_ROWS}`,
    };
  });
}

/** The answers to a few questions of BI, as text for a terminal. */
export async function renderAnswers(
  client: ClickHouseClient,
  input: { database: string; account: string },
): Promise<string> {
  const parts: string[] = [];
  for (const { title, sql } of questions(input)) {
    const result = await client.query({ query: sql, format: 'JSONCompact' });
    const { meta = [], data } = await result.json<unknown[]>();
    parts.push(
      `${title}\n${renderRows(
        meta.map(({ name }) => name),
        data,
      )}`,
    );
  }
  return parts.join('\n\n');
}

export function renderRows(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '–' : String(cell))));
  return renderTable(head, cells, { columns, isCompact: true });
}
