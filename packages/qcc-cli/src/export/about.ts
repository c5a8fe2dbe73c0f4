import type { AnalystQuery, QueryParameter } from 'qcc-clickhouse/queries/read-queries';
import { type Cell, textCell } from './xlsx-cell.ts';

/** A day's verdict of `data_completeness`. */
export type Verdict = { day: string; verdict_text: string };

/** What a person needs to know about an export, beyond its rows. */
export type About = {
  query: AnalystQuery;
  /** As Beijing's clock shows it. */
  exportedAt: string;
  account: string;
  user: string;
  database: string;
  masked: boolean;
  /** Parameters with the values that were used, defaults computed. */
  values: Readonly<Record<string, string>>;
  /** The push days that the verdicts are about. */
  from: string;
  to: string;
  verdicts: readonly Verdict[];
};

/** What became of the rows. */
export type Outcome = {
  rows: number;
  /** Texts that are longer than a cell of Excel. */
  cutCells: number;
  /** Numbers that Excel would round, and that are text therefore. */
  textNumbers: number;
};

const MASKED = '脱敏视图：个体工商户已假名化，假名与 KeyNo 仍属个人信息，请按制度使用';
const UNMASKED = '未脱敏，含个人信息：请按制度使用和保管，不要转发给无权查看的人';

export const maskingOf = ({ masked }: Pick<About, 'masked'>): string => (masked ? MASKED : UNMASKED);

/** The rows of the sheet 说明. */
export function* aboutRows(about: About, outcome: Outcome): Generator<Cell[]> {
  const { rows } = outcome;
  const { query, values } = about;
  yield line('标题', query.title);
  yield line('查询', query.name);
  yield line('导出时间（北京时间）', about.exportedAt);
  yield line('企查查账号', about.account);
  yield line('数据库账号', `${about.user}（库 ${about.database}）`);
  yield line('行数', String(rows));
  yield line('个人信息', maskingOf(about));
  for (const parameter of query.parameters) yield line(`参数 ${parameter.name}`, describeValue(parameter, values));
  if (query.parameters.length === 0) yield line('参数', '无');
  yield line('时间', '数据表中的时间均为北京时间');
  for (const caveat of query.caveats) yield line('注意', caveat);
  for (const note of notesOf(outcome)) yield line('注意', note);
  yield [];
  yield line('数据齐全情况（按推送日期）', summarize(about));
  yield line('注意', '结果也取决于更早的推送（如何时列入、是否再次推送）；更早各天是否齐全，请查 data_completeness');
  for (const { day, verdict_text } of about.verdicts) yield [textCell(day), textCell(verdict_text, 'wrapped')];
}

const line = (name: string, text: string): Cell[] => [textCell(name, 'bold'), textCell(text, 'wrapped')];

const describeValue = ({ name, comment }: QueryParameter, values: Readonly<Record<string, string>>): string =>
  `${values[name] ?? ''}（${comment}）`;

/** What the cells of the workbook do not show. */
export function* notesOf({ cutCells, textNumbers }: Outcome): Generator<string> {
  if (cutCells > 0) yield `有 ${cutCells} 个单元格超过 Excel 的 32,767 字上限，已截断；完整内容请导出为 CSV`;
  if (textNumbers > 0) yield `有 ${textNumbers} 个数字超过 15 位，Excel 存不下，已按文本写入；Excel 求和时不计入`;
}

/** 2026-03-01 至 2026-03-31：齐全 29 天，尚未全部核对 1 天，没有任何记录 1 天. */
export function summarize({ from, to, verdicts }: Pick<About, 'from' | 'to' | 'verdicts'>): string {
  const counts = new Map<string, number>();
  for (const { verdict_text } of verdicts) counts.set(verdict_text, (counts.get(verdict_text) ?? 0) + 1);
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  const unknown = Math.max(0, days - verdicts.length);
  if (unknown > 0) counts.set('既没有订单，也没有核对记录', unknown);
  const parts = [...counts].map(([text, count]) => `${text} ${count} 天`);
  return `${from} 至 ${to}：${parts.join('；') || '没有这样的日期'}`;
}
