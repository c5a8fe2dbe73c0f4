/**
 * `npm run answers`: sends a quarter of orders about 2,500 companies through the real services, asks what analysts ask, and compares
 * each answer with the truth. Writes docs/analyst-answers.md. The stack belongs to the command, and is removed at the end.
 * With `--superset`, it also compares each chart of Superset with the truth.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from 'qcc-core/base/errors';
import { readQueries } from '../packages/qcc-clickhouse/src/queries/read-queries.ts';
import { ROOT } from '../stack/places.ts';
import { makeTemporaryFolder } from '../stack/temporary-folder.ts';
import { type Answered, ask, showExample } from '../test/answers/ask.ts';
import { maskedWith } from '../test/answers/mask.ts';
import { matchCustomers } from '../test/answers/matching.ts';
import { type Example, renderAnswers, withExamples } from '../test/answers/page.ts';
import { nameOf } from '../test/answers/question.ts';
import { questionsOf } from '../test/answers/questions.ts';
import { READERS, type Reader, sendSeason, startReadersEngine } from '../test/answers/season-pipeline.ts';
import { openLiveStack } from '../test/harness/live-stack.ts';
import { parseArguments, refuseArguments } from './command-arguments.ts';
import { COMMAND_OPTIONS } from './command-options.mjs';
import { checkSeason, prepareCheck } from './superset/check/check-season.ts';

const USAGE = `npm run answers                                            asks what analysts ask, and writes docs/analyst-answers.md
npm run answers -- --superset                              also compares each chart of Superset, for the complete page
npm run answers -- --superset --screenshots docs/images    and writes pictures of the dashboards

  --companies N    companies of the simulated season (2500)
  --seed TEXT      seed of the season (quarter)`;

const say = (line: string): void => console.log(line);
const { values } = parseArguments({ options: COMMAND_OPTIONS.answers });
if (values.help) {
  say(USAGE);
  process.exit();
}
if (values.screenshots !== undefined && !values.superset) refuseArguments('--screenshots needs --superset');
if (!/^[1-9]\d*$/.test(values.companies))
  refuseArguments(`--companies must be a whole number above 0, not ${JSON.stringify(values.companies)}`);
const SEASON = {
  from: '2026-08-28',
  days: 92,
  companies: Number(values.companies),
  lateOrders: 3,
  corruptOrders: [20, 90, 91],
  corruption: 'byte' as const,
  skipCallbacks: [40],
};
const LIMIT_MS = 40 * 60_000;
const ZONES = ['UTC', 'Asia/Shanghai'];

const deps = { signal: new AbortController().signal, say };
// Before anything long begins.
const tools = values.superset ? await prepareCheck(deps) : undefined;
await using opened = new AsyncDisposableStack();
const { path: folder } = opened.use(await makeTemporaryFolder('qcc-answers-'));
const { env: stack } = opened.use(await openLiveStack(say));

const begun = performance.now();
const sent = await (async () => {
  await using engine = await startReadersEngine(folder, 'UTC');
  return await sendSeason({ stack, engine, seed: values.seed, season: SEASON, limitMs: LIMIT_MS, say });
})();
say(`the season is stored after ${Math.round((performance.now() - begun) / 1_000)} s`);

const { truth } = sent;
const questions = questionsOf(truth, {
  ...sent,
  firstDay: SEASON.from,
  pastDay: '2026-10-01',
  recentDay: '2026-11-22',
  // `newSince` is what the default is on the day after the season.
  shown: { newSince: '2026-11-27', left: { from: '2026-11-01', to: '2026-11-27' }, since: '2026-11-25' },
});
const answers: (Answered & { timeZone: string })[] = [];
for (const timeZone of ZONES) {
  await using engine = await startReadersEngine(folder, timeZone);
  for (const reader of Object.keys(READERS) as Reader[]) {
    for (const question of questions) {
      const answered = await ask(engine, reader, question);
      answers.push({ ...answered, timeZone });
      const wrong = answered.differences.length;
      say(
        `${timeZone}, ${reader}, ${nameOf(answered.asked)}: ${answered.actual} rows, ${wrong === 0 ? 'right' : `${wrong} WRONG`}`,
      );
      for (const difference of answered.differences.slice(0, 5)) say(`  ${difference}`);
    }
  }
}
{
  await using engine = await startReadersEngine(folder, 'UTC');
  const shown = new Map(questions.flatMap(({ asked }) => ('query' in asked ? [[asked.query, asked.values]] : [])));
  const examples: Example[] = [];
  for (const { name } of readQueries()) {
    const given = shown.get(name);
    if (given) examples.push(await showExample(engine, name, given));
  }
  const page = join(ROOT, 'docs', 'for-analysts.md');
  await writeFile(page, withExamples(await readFile(page, 'utf8'), examples));
  say('docs/for-analysts.md has the examples');
}
const { charts, problems } = tools
  ? await checkSeason(
      {
        ...tools,
        truth,
        mask: maskedWith(sent.pseudonymOf),
        startEngine: (timeZone) => startReadersEngine(folder, timeZone),
        timeZones: ZONES,
        screenshots: values.screenshots,
      },
      deps,
    ).catch((error: unknown) => ({ charts: [], problems: [describeError(error)] }))
  : { charts: [], problems: [] };
for (const problem of problems) say(problem);
const matched = matchCustomers(truth, sent.customers);
await writeFile(
  join(ROOT, 'docs', 'analyst-answers.md'),
  renderAnswers({ answers, charts, problems, truth, matched, season: SEASON, seed: values.seed }),
);
say('docs/analyst-answers.md is written');
process.exitCode = problems.length === 0 && answers.every(({ differences }) => differences.length === 0) ? 0 : 1;
