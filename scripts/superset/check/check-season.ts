import getPort from 'get-port';
import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Mask } from '../../../test/answers/mask.ts';
import { differences } from '../../../test/answers/question.ts';
import { DATABASE, type ReadersEngine } from '../../../test/answers/season-pipeline.ts';
import { findPython } from '../find-python.ts';
import { importAssets } from '../import-assets.ts';
import { installSuperset } from '../install-superset.ts';
import { DESCRIPTION } from '../list/all.ts';
import { startSuperset } from '../start-superset.ts';
import { chartTruthsOf } from './chart-truths.ts';
import { checkNumbers, checkPages, type Judge } from './check-charts.ts';
import { shownCells } from './compare-chart.ts';
import { findChromium } from './find-chromium.ts';

/** A chart with the rows that were compared, in one answer of Superset. */
export type CheckedChart = { key: string; title: string; shown: number; compared: number; wrong: number };

type SeasonInput = {
  truth: SeasonTruth;
  /** Names as an analyst sees them. */
  mask: Mask;
  /** Starts the ClickHouse of the season in a time zone. */
  startEngine(timeZone: string): Promise<ReadersEngine>;
  timeZones: readonly string[];
  /** Folder for pictures of the dashboards. */
  screenshots: string | undefined;
};
type Deps = { signal: AbortSignal; say(line: string): void };

/**
 * Starts Superset over the ClickHouse of a season, and compares each chart with the truth: by the API on a server in each zone, and in
 * Chromium on the last one. Returns a line for each comparison, and the problems.
 */
export async function checkSeason(
  { truth, mask, startEngine, timeZones, screenshots }: SeasonInput,
  { signal, say }: Deps,
): Promise<{ charts: CheckedChart[]; problems: string[] }> {
  const python = await findPython(process.env);
  const chromium = await findChromium(process.env, say);
  const installed = await installSuperset(python, { signal, say });
  await using superset = await startSuperset(
    installed,
    { port: await getPort({ host: '127.0.0.1' }) },
    { signal, say },
  );
  const truths = chartTruthsOf(truth, mask);
  const charts: CheckedChart[] = [];
  const judge: Judge = async (chart, answer) => {
    if (answer.error) return `Superset reports an error: ${answer.error}`;
    const shown = shownCells(chart, answer);
    const { expected, actual } = truths[chart.key]!(shown);
    const wrong = differences(expected, actual);
    charts.push({
      key: chart.key,
      title: chart.title,
      shown: shown.length,
      compared: actual.size,
      wrong: wrong.length,
    });
    if (wrong.length === 0) return undefined;
    return `${wrong.length} rows differ from the truth: ${wrong.slice(0, 3).join(' ; ')}`;
  };
  const problems: string[] = DESCRIPTION.charts
    .filter(({ key }) => truths[key] === undefined)
    .map(({ key }) => `${key}: the truth does not have this chart`);
  if (problems.length > 0) return { charts, problems };
  for (const timeZone of timeZones) {
    await using engine = await startEngine(timeZone);
    const source = { url: engine.url, database: DATABASE, login: 'analyst:secret' };
    const client = await importAssets(superset, source, say);
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
