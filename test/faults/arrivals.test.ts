import { expect, inject, test } from 'vitest';
import { runArrivals } from './rows/arrivals.ts';

test('whatever arrives ten times in whatever order, replays in between: the tables equal a model, in 200 cases', async () => {
  const figures = await runArrivals(inject('stack').CLICKHOUSE_URL, { seed: 20_260_316, say: () => {} });
  expect(figures).toMatchObject({ lost: 0, doubled: 0, wrong: 0, problems: [] });
});
