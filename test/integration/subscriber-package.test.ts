// @module-tag whole
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ChildFailedError, runChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { until } from '../harness/until.ts';

/** The packed client in a folder outside the repository, as an engineer of another team uses it. */
const RECORDS = 60;
/** In the language of the README; one way for each kind of file. */
const BODY = `
  const seen = new Set();
  const closing = new AbortController();
  for await (const change of subscribe({ topic: 'enriched-records', group: process.argv[2], from: 'history', signal: closing.signal })) {
    seen.add(change.record.id + ' ' + change.delivery.from);
    if (seen.size === ${RECORDS}) closing.abort();
  }
  console.log(seen.size, 'changes');
`;
const TYPED = `
import { type Change, subscribe, sqliteStore } from 'qcc-subscriber';
import { Registry } from 'prom-client';

const store = sqliteStore('versions.db');
const nameOf = (change: Change): string | null => change.record.corpName;
for await (const change of subscribe({ topic: 'enriched-records', group: 'g', from: 'history', store, metrics: new Registry() })) {
  const { version, exceptions, delivery }: { version: Uint8Array; exceptions: object[]; delivery: { isNewest: boolean } } = change;
  console.log(nameOf(change), version, exceptions, delivery.isNewest);
}
for await (const { record } of subscribe({ topic: 'records', group: 'g', from: 'earliest' })) console.log(record.id);
// @ts-expect-error records has no history
subscribe({ topic: 'records', group: 'g', from: 'history' });
// @ts-expect-error there is no such field
subscribe({ topic: 'enriched-records', group: 'g', from: 'latest' }).run(({ record }) => console.log(record.nothing));
`;

const resources = new AsyncDisposableStack();
let pipeline: Pipeline;
let folder: string;
/** Why the packages of the client could not be installed: there is no network, and npm's cache does not have them. */
let missing: string | undefined;

/** npm's own settings of the run that started the test say where the repository is. */
const env = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cafile|cache|userconfig))/i.test(name)),
  );
const npm = (args: string[], cwd: string) => runChild('npm', args, { cwd, env: env() });

beforeAll(async () => {
  pipeline = resources.use(await startPipeline({ stack: inject('stack'), simulator: { seed: 'package' } }));
  folder = join(resources.use(await makeTemporaryFolder('qcc-subscriber-')).path, 'team');
  await mkdir(folder);
  await npm(['init', '-y'], folder);
  await npm(['pack', '--workspace', 'qcc-subscriber', '--pack-destination', folder, '--loglevel=error'], ROOT);
  const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const packages = [`./${archive}`, `@types/node@${devDependencies['@types/node']}`];
  try {
    await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages], folder);
  } catch (error) {
    if (
      !(error instanceof ChildFailedError) ||
      !/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENOTCACHED|network/.test(error.stderr)
    )
      throw error;
    missing = error.message;
    console.log(`SKIPPED: the packed client cannot be installed without its dependencies: ${missing}`);
    return;
  }
  await pipeline.simulator.createOrder({ records: RECORDS });
  await until('the order is stored', PATIENCE.timeout, async () => {
    const [row] = await pipeline.query<{ n: number }>('SELECT count() AS n FROM {{db}}.records');
    return row?.n === RECORDS;
  });
});
afterAll(() => resources.disposeAsync());

test('it brings its own dependencies and nothing of the services', async ({ skip }) => {
  skip(missing !== undefined);
  const installed = join(folder, 'node_modules', 'qcc-subscriber');
  const { dependencies, scripts: _, ...manifest } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies).filter((name) => name.startsWith('qcc-'))).toEqual([]);
  expect(JSON.stringify([dependencies, manifest.exports])).not.toMatch(/workspace:|src\//);
  expect(await readdir(join(folder, 'node_modules'))).not.toContain('qcc-core');
  expect((await readdir(installed)).sort()).toEqual(['README.md', 'dist', 'package.json']);
});

test.for([
  ['index.js', `const { subscribe } = require('qcc-subscriber');\n(async () => {${BODY}})();`],
  ['index.mjs', `import { subscribe } from 'qcc-subscriber';\n${BODY}`],
] as const)('%s reads the state with plain Node, after npm init -y', async ([file, source], { skip }) => {
  skip(missing !== undefined);
  await writeFile(join(folder, file), source);
  const { stdout } = await runChild(process.execPath, [file, `team-${file}`], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...pipeline.env },
  });
  expect(stdout).toBe(`${RECORDS} changes\n`);
});

test.for(['index.mts', 'index.cts'])(
  'its types are right in %s, and wrong options are refused',
  async (file, { skip }) => {
    skip(missing !== undefined);
    // Modules of CommonJS have no await at their top.
    const source = file.endsWith('.mts')
      ? TYPED
      : TYPED.replace(/^(for await[\s\S]*?\n}\n)(for await.*\n)/m, 'export async function run() {\n$1$2}\n');
    await writeFile(join(folder, file), source);
    const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node'];
    await runChild(process.execPath, [join(ROOT, 'node_modules/typescript/lib/tsc.js'), ...options, file], {
      cwd: folder,
    });
  },
);
