import type { ClickHouseClient } from '@clickhouse/client';
import { renderTable } from 'qcc-cli/render-table';

/** One question that a BI user would ask, with the SQL that answers it. */
type Question = { title: string; sql: string };

const questions = (database: string): Question[] => [
  {
    title: '各类型变更数（当前，前五） · the five most frequent types of change, as they stand',
    sql: `SELECT type, any(t.type_name) AS \`类型\`, count() AS \`变更数\`, countIf(category = '1') AS \`高风险\`, countIf(detail_status = 'ENRICHED') AS \`有详情\`
FROM ${database}.records AS r LEFT JOIN ${database}.change_types AS t ON t.type = r.type
WHERE account = {account: String}
GROUP BY type ORDER BY \`变更数\` DESC, type LIMIT 5`,
  },
  {
    title: '涉案金额最高的失信被执行人（前五） · the five dishonest debtors of the largest amounts, all cases',
    sql: `SELECT corp_name AS \`企业\`, count() AS \`案件数\`, toDecimalString(sum(amount), 2) AS \`涉案金额（元）\`, max(public_date) AS \`最新发布\`
FROM ${database}.dishonest_debtors
WHERE account = {account: String}
GROUP BY corp_name ORDER BY sum(amount) DESC NULLS LAST LIMIT 5`,
  },
  {
    title: '最近列入经营异常的企业（前五） · the five latest abnormal operations',
    sql: `SELECT corp_name AS \`企业\`, add_day AS \`列入日期\`, decision_office AS \`决定机关\`
FROM ${database}.exceptions
WHERE account = {account: String} AND remove_date IS NULL
ORDER BY add_date DESC LIMIT 5`,
  },
];

/** The answers to a few questions of BI, as text for a terminal. */
export async function renderAnswers(
  client: ClickHouseClient,
  input: { database: string; account: string },
): Promise<string> {
  const parts: string[] = [];
  for (const { title, sql } of questions(input.database)) {
    const result = await client.query({ query: sql, query_params: { account: input.account }, format: 'JSONCompact' });
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
