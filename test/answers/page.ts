import { type AnalystQuery, readQueries } from 'qcc-clickhouse/queries/read-queries';
import type { SeasonRequest } from 'qcc-simulator/lives/season-request';
import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { codeCommit } from '../campaign/code-commit.ts';
import type { Answered } from './ask.ts';
import type { Matched, MatchedBy } from './matching.ts';

type Input = {
  answers: readonly (Answered & { timeZone: string })[];
  truth: SeasonTruth;
  matched: readonly Matched[];
  season: SeasonRequest;
  seed: string;
};

/** Renders docs/analyst-answers.md. A line has a question, the rows of truth and answers, and the wrong rows of the worst answer. */
export function renderAnswers({ answers, truth, matched, season, seed }: Input): string {
  const titles = new Map(
    readQueries().map(({ name, title, titleInEnglish }) => [name, `${title}<br>${titleInEnglish}`]),
  );
  const asked = Map.groupBy(answers, ({ query, values }) => JSON.stringify([query, values]));
  const lines = [...asked.values()].map((answersOfQuestion) => {
    const [first] = answersOfQuestion;
    const wrong = answersOfQuestion.map(({ differences }) => differences.length);
    const compared = first!.compared?.join('、') ?? 'all';
    const rows = [...new Set(answersOfQuestion.map(({ actual }) => actual))].join(', ');
    return `| ${titles.get(first!.query)} | \`${first!.query}\` | ${compared} | ${first!.expected} | ${rows} | ${Math.max(...wrong)} |`;
  });
  const changes = truth.companies.flatMap((company) => company.changes);
  const occurrences = changes.reduce((sum, change) => sum + change.occurrences.length, 0);
  const failed = truth.orders.filter(({ corrupt }) => corrupt !== null).length;
  return `# Answers of analysts

\`npm run answers\` sends a simulated season through the real services, Kafka and ClickHouse, asks the questions of the catalogue
(\`packages/qcc-clickhouse/src/queries\`), and compares each answer, row by row, with the simulator's truth. It asks as
\`qcc_analyst\` (masked views) and as \`qcc_investigator\`, of a server in UTC and of one in Asia/Shanghai. The command writes this page.

Commit ${codeCommit()}, seed \`${seed}\`, ${season.days} days from ${season.from}, ${season.companies} companies: ${truth.orders.length} orders, of which
${failed} were corrupt and ${truth.orders.filter(({ callback }) => !callback).length} had no callback; ${occurrences} records, ${changes.length} ids,
${truth.companies.length} companies in the feed, ${truth.cases.length} cases.

${portfolioText(matched)}

The column "compared" names the columns of the answer that are compared. "Rows of the truth" counts the rows of the right answer. "Rows of the
answer" counts those that the query gave to all four readers, without rows that are left out (see below). "Wrong" counts the rows that differ in a
compared column, the worst of the four.

| question | query | compared | rows of the truth | rows of the answer | wrong |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

Answers about lists leave out some companies: no text and no details state when one of their entries began, or the only text about its end
says neither 列入 nor 移出. If only a text states the end of an entry, the day of the end is not compared, and questions about a past day leave
the entry out between that end and the push of the text. Where provinces are compared, such a company may count as listed or not.

## 中文摘要

\`npm run answers\` 用模拟的一季推送走完整条真实链路，再以分析师与调查员两种身份、在 UTC 与 Asia/Shanghai 两种时区的服务器上提出上述问题，与模拟器的真值逐行比对。
表中 compared 一列为参与比对的字段（all 为全部），wrong 为不一致的行数。名单类问题略去了一部分企业：变更文字与详情都没有说明某个条目何时列入，
或关于移出的文字没有写明列入还是移出。只见于文字的移出日期不比对；按省统计时，这些企业算不算在列都视为正确。
`;
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
