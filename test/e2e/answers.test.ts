import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { renderAnswers, renderRows, SHOWN, SHOWN_ROWS } from '../../scripts/start/answers.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { ask } from '../answers/ask.ts';
import { matchCustomers } from '../answers/matching.ts';
import { nameOf, type Question } from '../answers/question.ts';
import { questionsOf } from '../answers/questions.ts';
import {
  ACCOUNT,
  DATABASE,
  READERS,
  type Reader,
  type ReadersEngine,
  sendSeason,
  startReadersEngine,
} from '../answers/season-pipeline.ts';
import { PATIENCE } from '../harness/patience.ts';

/** A month of 300 companies, from the callback to the answers of analysts. `npm run answers` takes a quarter of 2,500. */
const SEASON = {
  from: '2026-10-01',
  days: 30,
  ordersPerDay: 1,
  companies: 300,
  lateOrders: 1,
  corruptOrders: [7],
  corruption: 'byte' as const,
};

const opened = new AsyncDisposableStack();
let folder: string;
let questions: Question[];
beforeAll(async () => {
  folder = opened.use(await makeTemporaryFolder('qcc-answers-')).path;
  await using engine = await startReadersEngine(folder, 'UTC');
  const sent = await sendSeason({
    stack: inject('stack'),
    engine,
    seed: 'answers',
    season: SEASON,
    limitMs: PATIENCE.timeout,
    say: () => {},
  });
  const { truth, customers } = sent;
  expect(truth.companies.length).toBeGreaterThan(150);
  expect(customers).toHaveLength(200);
  const matched = matchCustomers(truth, customers);
  expect(new Set(matched.map(({ matchedBy }) => matchedBy))).toEqual(
    new Set(['CREDIT_CODE', 'REG_NO', 'NAME', 'FORMER_NAME', null]),
  );
  expect(matched.some(({ companies }) => companies.length > 1)).toBe(true);
  questions = questionsOf(truth, {
    ...sent,
    firstDay: SEASON.from,
    pastDay: '2026-10-15',
    recentDay: '2026-10-23',
    shown: { newSince: '2026-10-28', left: { from: '2026-10-10', to: '2026-10-28' }, since: '2026-10-25' },
  });
  for (const { asked, expected } of questions) expect(expected.size, nameOf(asked)).toBeGreaterThan(0);
});
afterAll(() => opened.disposeAsync());

const ZONES = [
  { timeZone: 'UTC', tags: [] },
  { timeZone: 'Asia/Shanghai', tags: ['whole'] },
] as const;

for (const { timeZone, tags } of ZONES)
  describe(`with a server in ${timeZone}`, { tags: [...tags] }, () => {
    let engine: ReadersEngine;
    beforeAll(async () => {
      engine = await startReadersEngine(folder, timeZone);
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    it.each(Object.keys(READERS) as Reader[])('every answer is right for the %s', async (reader) => {
      for (const question of questions) {
        const { asked, differences } = await ask(engine, reader, question);
        expect(differences, nameOf(asked)).toEqual([]);
      }
    });

    it('the screen of npm start shows the first rows of these answers', async () => {
      const client = engine.client('investigator');
      const target = { database: DATABASE, account: ACCOUNT };
      const screen = await renderAnswers(client, target);
      const queries = new Map(readQueries().map((query) => [query.name, query]));
      for (const [name, columns] of SHOWN) {
        const query = renderQuery(queries.get(name)!, { ...target, masked: false });
        const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<Record<string, unknown>>();
        // Nothing is new since yesterday, because the season is over.
        expect(rows.length > SHOWN_ROWS, name).toBe(name !== 'new-since');
        const shown = rows.slice(0, SHOWN_ROWS).map((row) => columns.map((column) => row[column]));
        if (shown.length > 0) expect(screen).toContain(renderRows(columns, shown));
      }
    });
  });
