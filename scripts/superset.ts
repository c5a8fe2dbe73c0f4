/**
 * `npm run superset`: Apache Superset on loopback, with the dashboards of `deploy/superset` over the local stack's ClickHouse, which it
 * reads with the login of an analyst.
 */
import { relative } from 'node:path';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { describeError } from 'qcc-core/base/errors';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { ANALYST } from '../stack/analyst-login.ts';
import { endWithMe, exitCodeOf } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';
import { assertPortFree, isPortFree } from '../stack/port-free.mjs';
import { steadyPort } from '../stack/ports.ts';
import { noteUse } from '../stack/uses.ts';
import { checkNumbers, checkPages, type Judge } from './superset/check/check-charts.ts';
import { compareChart } from './superset/check/compare-chart.ts';
import { expectedRows } from './superset/check/expected-rows.ts';
import { findChromium } from './superset/check/find-chromium.ts';
import { findPython } from './superset/find-python.ts';
import { importAssets } from './superset/import-assets.ts';
import { installSuperset } from './superset/install-superset.ts';
import { DESCRIPTION } from './superset/list/all.ts';
import { MissingError } from './superset/missing.ts';
import { openLocalClickHouse } from './superset/open-clickhouse.ts';
import { readOptions, type SupersetOptions, USAGE } from './superset/options.ts';
import { SUPERSET_DIR } from './superset/places.ts';
import { startSuperset } from './superset/start-superset.ts';

const DEFAULT_PORT = 8088;
const ended = new AbortController();
let exitCode = 1;
endWithMe({
  orderly(signal) {
    exitCode = exitCodeOf(signal);
    ended.abort(new Error('interrupted; nothing is left running'));
  },
});
const { signal } = ended;
const say = (line: string) => console.log(line);

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') say(USAGE);
  else await run(options).catch((error: unknown) => skipOrThrow(error, options.ifPossible));
} catch (error) {
  if (signal.aborted) say('\nEnded; nothing is left running.');
  else console.error(`\n${describeError(error)}`);
  process.exitCode = exitCode;
}

function skipOrThrow(error: unknown, ifPossible: boolean): void {
  if (!(error instanceof MissingError) || !ifPossible) throw error;
  say(`SKIPPED: ${error.message}`);
}

async function run(options: SupersetOptions): Promise<void> {
  const python = await findPython(process.env);
  // Asked for before anything long begins.
  const chromium = options.mode === 'check' ? await findChromium(process.env, say) : undefined;
  const installed = await installSuperset(python, { signal, say });
  if (options.port !== undefined) await assertPortFree('Superset', options.port);
  const port = options.port ?? ((await isPortFree(DEFAULT_PORT)) ? DEFAULT_PORT : await steadyPort());
  using _use = noteUse('npm run superset');
  await using clickhouse = await openLocalClickHouse({ signal, say });
  if (!clickhouse.hasRecords) {
    const empty = `ClickHouse at ${clickhouse.url} has no records`;
    // Without rows, every comparison would pass.
    if (options.mode !== 'stay')
      throw new Error(`${empty}: there is nothing to compare. \`npm start -- --once\` stores a simulated day`);
    say(`${empty} yet: the dashboards are empty until the services store some.`);
  }
  await using superset = await startSuperset(installed, { port, folder: SUPERSET_DIR }, { signal, say });
  await using services = createClickHouse(
    readSettings({ ...process.env, CLICKHOUSE_URL: clickhouse.url }, CLICKHOUSE_SETTINGS),
  );
  const client = await importAssets(superset, { ...clickhouse, login: ANALYST }, { clickhouse: services, say });
  const judge: Judge = async (chart, answer) =>
    compareChart(chart, answer, await expectedRows(services, chart, clickhouse));
  const deps = { client, judge, signal, say };
  if (options.mode !== 'stay') {
    conclude(
      await checkNumbers(deps),
      `${DESCRIPTION.charts.length} charts have the numbers that SQL has, asked by the API`,
    );
  }
  if (chromium !== undefined) {
    const { python: ofSuperset } = installed;
    conclude(
      await checkPages({ superset, chromium, python: ofSuperset, screenshots: options.screenshots }, deps),
      'every chart and dashboard shows in Chromium what SQL says, without an error',
    );
  }
  if (options.mode !== 'stay') return;
  say(`
Superset: ${superset.url}

  login       analyst, password ${superset.secrets['analyst-password']}
  to manage   admin, password ${superset.secrets['admin-password']}
${DESCRIPTION.dashboards.map(({ title, slug }) => `  ${title}  ${superset.url}/superset/dashboard/${slug}/`).join('\n')}

Stays up until Ctrl-C. The charts that you make are kept in ${relative(ROOT, SUPERSET_DIR)}.`);
  const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const gone = superset.exited.then((ending) => {
    if (!signal.aborted) throw new Error(`Superset ${ending}; see .stack/logs/superset.log`);
  });
  await Promise.race([interrupted, gone]);
  say('\nending …');
}

function conclude(problems: readonly string[], success: string): void {
  if (problems.length > 0) throw new Error(problems.join('\n'));
  say(success);
}
