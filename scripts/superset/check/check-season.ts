import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { steadyPort } from '../../../stack/ports.ts';
import { makeTemporaryFolder } from '../../../stack/temporary-folder.ts';
import type { Mask } from '../../../test/answers/mask.ts';
import type { CheckedChart } from '../../../test/answers/page.ts';
import { differences } from '../../../test/answers/question.ts';
import { DATABASE, type ReadersEngine } from '../../../test/answers/season-pipeline.ts';
import { findPython } from '../find-python.ts';
import { importAssets } from '../import-assets.ts';
import { type Installed, installSuperset } from '../install-superset.ts';
import { DESCRIPTION } from '../list/all.ts';
import { startSuperset } from '../start-superset.ts';
import { chartTruthsOf } from './chart-truths.ts';
import { checkNumbers, checkPages, type Judge } from './check-charts.ts';
import { shownCells } from './compare-chart.ts';
import { findChromium } from './find-chromium.ts';

type Deps = { signal: AbortSignal; say(line: string): void };

/** What the check needs on this machine. */
export type CheckTools = { installed: Installed; chromium: string };

/** Finds or installs Superset and a browser. @throws Error that says what is missing */
export async function prepareCheck({ signal, say }: Deps): Promise<CheckTools> {
  const python = await findPython(process.env);
  const chromium = await findChromium(process.env, say);
  return { installed: await installSuperset(python, { signal, say }), chromium };
}

type SeasonInput = CheckTools & {
  truth: SeasonTruth;
  /** Names as an analyst sees them. */
  mask: Mask;
  /** Starts the ClickHouse of the season in a time zone. */
  startEngine(timeZone: string): Promise<ReadersEngine>;
  timeZones: readonly string[];
  /** Folder for pictures of the dashboards. */
  screenshots: string | undefined;
};

/**
 * Starts Superset over the ClickHouse of a season, and compares each chart with the truth: by the API on a server in each zone, and in
 * Chromium on the last one. Its own folder keeps apart the charts that people made. Returns a line for each comparison, and the problems.
 */
export async function checkSeason(
  { installed, chromium, truth, mask, startEngine, timeZones, screenshots }: SeasonInput,
  { signal, say }: Deps,
): Promise<{ charts: CheckedChart[]; problems: string[] }> {
  await using opened = new AsyncDisposableStack();
  const { path: folder } = opened.use(await makeTemporaryFolder('qcc-superset-'));
  const port = await steadyPort();
  const superset = opened.use(await startSuperset(installed, { port, folder }, { signal, say }));
  const truths = chartTruthsOf(truth, mask);
  const charts: CheckedChart[] = [];
  const judge: Judge = async (chart, answer) => {
    const { key, title } = chart;
    const truthOfChart = truths[key];
    const shown = answer.error ? [] : shownCells(chart, answer);
    const limit = 'limit' in chart ? chart.limit : Number.POSITIVE_INFINITY;
    const { expected, actual } = truthOfChart?.compare(shown, limit) ?? { expected: new Map(), actual: new Map() };
    const wrong = differences(expected, actual);
    if (answer.error) wrong.push(`Superset reports an error: ${answer.error}`);
    if (expected.size === 0) wrong.push('there is nothing to compare');
    const leftOut = truthOfChart?.leftOut ?? '';
    charts.push({ key, title, shown: shown.length, compared: actual.size, leftOut, wrong: wrong.length });
    return wrong.length === 0
      ? undefined
      : `${wrong.length} rows differ from the truth: ${wrong.slice(0, 3).join(' ; ')}`;
  };
  const problems: string[] = [];
  for (const timeZone of timeZones) {
    await using engine = await startEngine(timeZone);
    const source = { url: engine.url, database: DATABASE, login: 'analyst:secret' };
    const client = await importAssets(superset, source, { clickhouse: engine.client(), say });
    const deps = { client, judge, signal, say };
    const wrong = await checkNumbers(deps);
    say(`${timeZone}: ${DESCRIPTION.charts.length - wrong.length} of ${DESCRIPTION.charts.length} charts are right`);
    problems.push(...wrong.map((problem) => `${timeZone}, ${problem}`));
    if (timeZone === timeZones.at(-1)) {
      problems.push(...(await checkPages({ superset, chromium, python: installed.python, screenshots }, deps)));
    }
  }
  return { charts, problems };
}
