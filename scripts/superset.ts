/**
 * `npm run superset`: Apache Superset on loopback, with the dashboards of `deploy/superset` over the local stack's ClickHouse, which it
 * reads with the login of an analyst.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import getPort from 'get-port';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { describeError } from 'qcc-core/base/errors';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { ANALYST } from '../stack/analyst-login.ts';
import { endWithMe, exitCodeOf } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';
import { assertPortFree } from '../stack/port-free.mjs';
import { noteUse } from '../stack/uses.ts';
import { bundle } from './superset/assets/bundle.ts';
import { readViews } from './superset/assets/read-views.ts';
import { chartUuid, renderAssets, viewsOf } from './superset/assets/render-assets.ts';
import { compareChart } from './superset/check/compare-chart.ts';
import { expectedRows } from './superset/check/expected-rows.ts';
import { findChromium } from './superset/check/find-chromium.ts';
import { openBrowser } from './superset/check/open-browser.ts';
import { shrinkPicture } from './superset/check/shrink-picture.ts';
import { findPython } from './superset/find-python.ts';
import { installSuperset } from './superset/install-superset.ts';
import { DESCRIPTION } from './superset/list/all.ts';
import { MissingError } from './superset/missing.ts';
import { type LocalClickHouse, openLocalClickHouse } from './superset/open-clickhouse.ts';
import { readOptions, type SupersetOptions, USAGE } from './superset/options.ts';
import { SUPERSET_DIR } from './superset/places.ts';
import { type Superset, startSuperset } from './superset/start-superset.ts';
import { openSupersetClient, type SupersetClient } from './superset/superset-client.ts';

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
  const port = options.port ?? (await getPort({ host: '127.0.0.1', port: DEFAULT_PORT }));
  using _use = noteUse('npm run superset');
  await using clickhouse = await openLocalClickHouse({ signal, say });
  if (!clickhouse.hasRecords) {
    const empty = `ClickHouse at ${clickhouse.url} has no records`;
    // Without rows, every comparison would pass.
    if (options.mode !== 'stay')
      throw new Error(`${empty}: there is nothing to compare. \`npm start -- --once\` stores a simulated day`);
    say(`${empty} yet: the dashboards are empty until the services store some.`);
  }
  await using superset = await startSuperset(installed, { port }, { signal, say });
  const client = await importAssets(superset, clickhouse);
  if (options.mode !== 'stay') await checkNumbers(client, clickhouse);
  if (chromium !== undefined) {
    await checkPages({
      superset,
      client,
      clickhouse,
      chromium,
      python: installed.python,
      screenshots: options.screenshots,
    });
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

async function importAssets(superset: Superset, { url, database }: LocalClickHouse): Promise<SupersetClient> {
  await using clickhouse = openAsDefault(url);
  const names = viewsOf(DESCRIPTION);
  const assets = renderAssets({ description: DESCRIPTION, views: await readViews(clickhouse, { database, names }) });
  const { host } = new URL(url);
  const archive = await bundle(assets, {
    sqlalchemyUri: `clickhousedb://${ANALYST}@${host}/${database}`,
    schema: database,
  });
  const client = await openSupersetClient({
    url: superset.url,
    username: 'admin',
    password: superset.secrets['admin-password'],
  });
  const begun = performance.now();
  await client.importAssets(archive);
  const { datasets, charts, dashboards } = DESCRIPTION;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  say(
    `${datasets.length} datasets, ${charts.length} charts and ${dashboards.length} dashboards are imported after ${seconds} s`,
  );
  return client;
}

function openAsDefault(url: string) {
  return createClickHouse(readSettings({ ...process.env, CLICKHOUSE_URL: url }, CLICKHOUSE_SETTINGS));
}

/** Compares what Superset answers for each chart with SQL. @throws Error that names the charts that differ */
async function checkNumbers(client: SupersetClient, { url, database }: LocalClickHouse): Promise<void> {
  await using clickhouse = openAsDefault(url);
  const problems: string[] = [];
  for (const chart of DESCRIPTION.charts) {
    signal.throwIfAborted();
    const answer = await client.chartData(await client.idOf('chart', chartUuid(chart.key)));
    const difference = compareChart(chart, answer, await expectedRows(clickhouse, chart, { database }));
    if (difference) problems.push(`${chart.key}: ${difference}`);
  }
  conclude(problems, `${DESCRIPTION.charts.length} charts have the numbers that SQL has, asked by the API`);
}

/** Opens every chart and dashboard in a browser. @throws Error that names those that are wrong */
async function checkPages(input: {
  superset: Superset;
  client: SupersetClient;
  clickhouse: LocalClickHouse;
  chromium: string;
  python: string;
  screenshots: string | undefined;
}): Promise<void> {
  const { superset, client, chromium, python, screenshots } = input;
  const { url, database } = input.clickhouse;
  await using clickhouse = openAsDefault(url);
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
    const difference = answer
      ? compareChart(chart, answer, await expectedRows(clickhouse, chart, { database }))
      : 'the browser asked for no data';
    if (difference) problems.push(`${chart.key}: ${difference}`);
    say(`  ${chart.title}: ${difference ?? 'as SQL says'}`);
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
  conclude(problems, 'every chart and dashboard shows in Chromium what SQL says, without an error');
}

function conclude(problems: readonly string[], success: string): void {
  if (problems.length > 0) throw new Error(problems.join('\n'));
  say(success);
}
