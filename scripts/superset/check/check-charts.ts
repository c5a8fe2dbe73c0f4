import { mkdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../../../stack/places.ts';
import type { Chart } from '../assets/description.ts';
import { chartUuid } from '../assets/render-assets.ts';
import { DESCRIPTION } from '../list/all.ts';
import type { Superset } from '../start-superset.ts';
import type { SupersetClient } from '../superset-client.ts';
import type { ChartAnswer } from './chart-answer.ts';
import { openBrowser } from './open-browser.ts';
import { shrinkPicture } from './shrink-picture.ts';

/** What is wrong with a chart's answer. Undefined if nothing is. */
export type Judge = (chart: Chart, answer: ChartAnswer) => Promise<string | undefined>;

type Deps = { client: SupersetClient; judge: Judge; signal: AbortSignal; say(line: string): void };

/** Asks the API for the answer of each chart. Returns the charts that are wrong, each with the reason. */
export async function checkNumbers({ client, judge, signal }: Omit<Deps, 'say'>): Promise<string[]> {
  const problems: string[] = [];
  for (const chart of DESCRIPTION.charts) {
    signal.throwIfAborted();
    const answer = await client.chartData(await client.idOf('chart', chartUuid(chart.key)));
    const difference = await judge(chart, answer);
    if (difference) problems.push(`${chart.key}: ${difference}`);
  }
  return problems;
}

type PagesInput = {
  superset: Superset;
  chromium: string;
  /** Superset's Python, which makes pictures smaller. */
  python: string;
  /** Folder for pictures of the dashboards. */
  screenshots: string | undefined;
};

/** Opens every chart and dashboard in a browser. Returns those that are wrong, each with the reason. */
export async function checkPages(
  { superset, chromium, python, screenshots }: PagesInput,
  { client, judge, signal, say }: Deps,
): Promise<string[]> {
  const password = superset.secrets['analyst-password'];
  await using browser = await openBrowser({
    executablePath: chromium,
    url: superset.url,
    username: 'analyst',
    password,
  });
  const problems: string[] = [];
  for (const chart of DESCRIPTION.charts) {
    signal.throwIfAborted();
    const id = await client.idOf('chart', chartUuid(chart.key));
    const { answers, errors } = await browser.open(`/explore/?slice_id=${id}&standalone=1`);
    problems.push(...errors.map((error) => `${chart.key}: ${error}`));
    const [answer] = answers.get(id) ?? [];
    const difference = answer ? await judge(chart, answer) : 'the browser asked for no data';
    if (difference) problems.push(`${chart.key}: ${difference}`);
    say(`  ${chart.title}: ${difference ?? 'right'}`);
  }
  for (const { slug, title, rows } of DESCRIPTION.dashboards) {
    signal.throwIfAborted();
    const screenshot = screenshots && join(screenshots, `superset-${slug.replace('qcc-', '')}.png`);
    if (screenshots) mkdirSync(screenshots, { recursive: true });
    const { answers, errors } = await browser.open(
      `/superset/dashboard/${slug}/?standalone=1`,
      screenshot ? { screenshot } : {},
    );
    problems.push(...errors.map((error) => `${slug}: ${error}`));
    const shown = rows.flatMap(({ charts }) => charts).length;
    if (answers.size !== shown) problems.push(`${slug}: ${answers.size} of ${shown} charts asked for data`);
    for (const [id, [answer]] of answers) if (answer?.error) problems.push(`${slug}, chart ${id}: ${answer.error}`);
    say(`  ${title}: ${answers.size} of ${shown} charts`);
    if (screenshot) {
      await shrinkPicture(python, screenshot);
      say(`  ${relative(ROOT, screenshot)}: ${Math.round(statSync(screenshot).size / 1_000)} kB`);
    }
  }
  return problems;
}
