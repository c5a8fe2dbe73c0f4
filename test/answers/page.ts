import { type AnalystQuery, readQueries } from 'qcc-clickhouse/queries/read-queries';
import type { SeasonRequest } from 'qcc-simulator/lives/season-request';
import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { codeCommit } from '../campaign/code-commit.ts';
import type { Answered } from './ask.ts';
import type { Matched, MatchedBy } from './matching.ts';
import { type Asked, nameOf } from './question.ts';

/**
 * A chart of Superset in one answer: the rows that it showed, those that were compared with the truth, and those that were wrong.
 * `leftOut` says what is never compared.
 */
export type CheckedChart = {
  key: string;
  title: string;
  shown: number;
  compared: number;
  leftOut: string;
  wrong: number;
};

type Input = {
  answers: readonly (Answered & { timeZone: string })[];
  /** Empty if Superset was not asked. */
  charts: readonly CheckedChart[];
  /** What was wrong with charts and dashboards. */
  problems: readonly string[];
  truth: SeasonTruth;
  matched: readonly Matched[];
  season: SeasonRequest;
  seed: string;
};

/** Renders docs/analyst-answers.md. A line has a question, the rows of truth and answers, and the wrong rows of the worst answer. */
export function renderAnswers({ answers, charts, problems, truth, matched, season, seed }: Input): string {
  const titles = new Map(
    readQueries().map(({ name, title, titleInEnglish }) => [name, `${title}<br>${titleInEnglish}`]),
  );
  const ofQuestions = [...Map.groupBy(answers, ({ asked }) => JSON.stringify(asked)).values()];
  const titleOf = (asked: Asked): string =>
    'view' in asked ? `全部行<br>All rows of the view` : titles.get(asked.query)!;
  const parametersOf = (asked: Asked): string =>
    'view' in asked
      ? ''
      : Object.entries(asked.values)
          .map(([name, value]) => `<br>${name} ${value}`)
          .join('');
  const lines = ofQuestions.map((answersOfQuestion) => {
    const [first] = answersOfQuestion;
    const wrong = answersOfQuestion.map(({ differences }) => differences.length);
    const compared = first!.compared?.join('、') ?? 'all';
    const rows = [...new Set(answersOfQuestion.map(({ actual }) => actual))].join(', ');
    const leftOut = [...new Set(answersOfQuestion.map((each) => each.leftOut))].join(', ');
    return `| ${titleOf(first!.asked)} | \`${nameOf(first!.asked)}\`${parametersOf(first!.asked)} | ${compared} | ${first!.expected} | ${rows} | ${leftOut} | ${first!.valuesLeftOut} | ${Math.max(...wrong)} |`;
  });
  const totals = ofQuestions.flatMap((answersOfQuestion) => {
    const [first] = answersOfQuestion;
    return first!.totals.map(({ name, expected }, at) => {
      const actual = [...new Set(answersOfQuestion.map((each) => each.totals[at]!.actual))].join(', ');
      return `| \`${nameOf(first!.asked)}\`${parametersOf(first!.asked)} | ${name} | ${expected} | ${actual} |`;
    });
  });
  const changes = truth.companies.flatMap((company) => company.changes);
  const occurrences = changes.reduce((sum, change) => sum + change.occurrences.length, 0);
  const failed = truth.orders.filter(({ corrupt }) => corrupt !== null).length;
  return `# Answers of analysts

\`npm run answers\` sends a simulated season through the real services, Kafka and ClickHouse. It runs the queries of the catalogue
(\`packages/qcc-clickhouse/src/queries\`), reads whole views, and compares each answer, row by row, with the simulator's truth. Both roles
ask, \`qcc_analyst\` (masked views) and \`qcc_investigator\`, on a server in UTC and on one in Asia/Shanghai. The command writes this page.

Commit ${codeCommit()}, seed \`${seed}\`, ${season.days} days from ${season.from}, ${season.companies} companies: ${truth.orders.length} orders, of which
${failed} were corrupt and ${truth.orders.filter(({ callback }) => !callback).length} had no callback; ${occurrences} records, ${changes.length} ids,
${truth.companies.length} companies in the feed, ${truth.cases.length} cases.

${portfolioText(matched)}

- *Compared*: the columns of the answer that are compared.
- *Rows of the truth*: the rows of the right answer. *Rows of the answer*: the rows that all four readers got, without rows left out.
- *Rows left out* and *values left out*: rows of the answer, and values in its other rows, that the truth does not determine (see below).
- *Wrong*: the rows that differ in a compared column, the worst of the four.

| question | query or view | compared | rows of the truth | rows of the answer | rows left out | values left out | wrong |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

Answers about lists leave out some companies: no text and no details state when one of their entries began, or the only text about its end
says neither 列入 nor 移出. If only a text states the end of an entry, each day from the removal to the push of the text
is right, because the text may name a later day than that of the removal. Questions about a past day leave the entry out between these days. Where provinces are compared, such a company may count as listed or not. Details of
严重违法 have no removal day, so the evidence of a removal is not compared there. \`completeness\` leaves out days without orders.

## Totals of both sides

| query or view | total of | truth | answer |
| --- | --- | --- | --- |
${totals.join('\n')}

## Charts of Superset

${chartsText(charts, problems)}

## 中文摘要

\`npm run answers\` 用模拟的一季推送走完整条真实链路，再以分析师与调查员两种身份、在 UTC 与 Asia/Shanghai 两种时区的服务器上提出上述问题，并读取整个视图，与模拟器的真值逐行比对。
表中 compared 一列为参与比对的字段（all 为全部），rows left out 与 values left out 为真值无法确定而未比对的行与值，wrong 为不一致的行数。
其后两张表列出两边的合计，以及 Superset 每张图与真值的比对。名单类问题略去了一部分企业：变更文字与详情都没有说明某个条目何时列入，
或关于移出的文字没有写明列入还是移出。只见于文字的移出日期，从实际移出之日到该文字推送之日都视为正确；按省统计时，这些企业算不算在列都视为正确。
`;
}

function chartsText(charts: readonly CheckedChart[], problems: readonly string[]): string {
  if (charts.length + problems.length === 0)
    return 'Not compared in this run. `npm run answers -- --superset` compares them.';
  const lines = [...Map.groupBy(charts, ({ key }) => key)].map(([name, times]) => {
    const [first] = times;
    const wrong = Math.max(...times.map((each) => each.wrong));
    return `| ${first!.title} | \`${name}\` | ${times.length} | ${first!.shown} | ${first!.compared} | ${first!.leftOut} | ${wrong} |`;
  });
  return `Superset reads the same season as an analyst. Each chart is compared with the truth three times: by the API on a server in UTC and on
one in Asia/Shanghai, and as Chromium shows it. A chart with as many rows as its limit leaves out those that are equal to its last row in the column by which it
sorts. Events and companies with uncertain lists are left out as above; a number may count such a company or not.

| chart | key | answers | rows shown | rows compared | never compared | wrong, the worst |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}${problems.map((problem) => `\n\n- ${problem}`).join('')}`;
}

function portfolioText(matched: readonly Matched[]): string {
  const count = (fits: (each: Matched) => boolean): number => matched.filter(fits).length;
  const by = (kind: MatchedBy) => count(({ matchedBy, companies }) => matchedBy === kind && companies.length === 1);
  const soleTraders = count(({ customer: { kind, creditCode } }) => kind === 'sole trader' && creditCode === '');
  return `After half of the orders, \`npx qcc portfolio load\` loads ${matched.length} customers. By the truth, ${by('CREDIT_CODE')} of them are
found by credit code, ${by('REG_NO')} by registration number, ${by('NAME')} by their current name and ${by('FORMER_NAME')} by a former one;
${count(({ companies }) => companies.length > 1)} are ambiguous and ${count(({ companies }) => companies.length === 0)} were never in the feed. ${soleTraders} are 个体工商户 without a credit code.`;
}

/** A question with the SQL that was run, and the first rows of its answer as ClickHouse prints them. */
export type Example = { query: AnalystQuery; sql: string; rows: string };

const BEGIN = '<!-- 以下由 npm run answers 生成 -->';
const END = '<!-- 生成的内容到此为止 -->';

/** Returns the page for analysts with the examples between its two marks. @throws Error if the page has no marks. */
export function withExamples(page: string, examples: readonly Example[]): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page for analysts needs the lines ${BEGIN} and ${END}`);
  const parts = examples.map(({ query, sql, rows }) => {
    const parameters = query.parameters.map(
      ({ name, kind, fallback, comment }) =>
        `\`${name}\`：${comment}${fallback === undefined ? '' : `，默认 ${kind === 'date' ? `\`${fallback}\`` : `\`'${fallback}'\``}`}`,
    );
    const notes = [...query.caveats, ...(parameters.length > 0 ? [`参数：${parameters.join('；')}。`] : [])];
    return `**${query.title}**（\`${query.name}\`）\n\n\`\`\`sql\n${sql}\n\`\`\`\n\n\`\`\`\n${rows.trimEnd()}\n\`\`\`\n\n${notes.map((note) => `- ${note}`).join('\n')}\n`;
  });
  return `${page.slice(0, begin)}${BEGIN}\n\n${parts.join('\n')}\n${page.slice(end)}`;
}
