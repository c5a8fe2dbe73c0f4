import { readFileSync } from 'node:fs';
import { glob, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { runChild } from '../stack/child.ts';
import { ROOT } from '../stack/places.ts';
import { makeTemporaryFolder } from '../stack/temporary-folder.ts';
import { COMMAND_OPTIONS } from './command-options.mjs';
import { takeNpmOptions } from './npm-options.mjs';

test.each([
  { command: 'start', env: { npm_config_once: 'true' }, args: ['--once'] },
  {
    command: 'start',
    env: { npm_config_live: 'true', npm_config_allow_foreign: 'true' },
    args: ['--live', '--allow-foreign'],
  },
  {
    command: 'start',
    env: { npm_config_orders: '5', npm_config_records: '100' },
    args: ['--orders=5', '--records=100'],
  },
  { command: 'start', env: { npm_config_once: 'true', npm_config_alerts: 'true' }, args: ['--once', '--alerts'] },
  { command: 'test', env: { npm_config_whole: 'true' }, args: ['--whole'] },
  { command: 'bench', env: { npm_config_only: 'production' }, args: [] },
  { command: 'start', env: { npm_config_once: '' }, args: [] },
  { command: 'start', env: { npm_config_reset: 'true' }, args: [] },
  { command: 'stack', env: { npm_config_down: 'true' }, args: ['--down'] },
  { command: 'stack', env: { npm_config_reset: 'true' }, args: ['--reset'] },
  { command: 'bench', env: { npm_config_short: 'true' }, args: ['--short'] },
  { command: 'services', env: { npm_config_once: 'true' }, args: [] },
])('npm run $command with $env gets $args', ({ command, env, args }) => {
  expect(takeNpmOptions(command, { ...env })).toEqual(args);
});

test.each([
  { typed: ['start', '--once', '--orders=5', '--allow-foreign'], args: ['--once', '--allow-foreign', '--orders=5'] },
  { typed: ['run', 'stack', '--down'], args: ['--down'] },
])('npm $typed arrives as $args', async ({ typed, args }) => {
  await using folder = await makeTemporaryFolder('qcc-npm-');
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  // The repository's own scripts, with a bootstrap that prints what it would start.
  await writeFile(join(folder.path, 'package.json'), JSON.stringify({ scripts }));
  await mkdir(join(folder.path, 'scripts'));
  await writeFile(
    join(folder.path, 'scripts', 'bootstrap.mjs'),
    `import { takeNpmOptions } from ${JSON.stringify(pathToFileURL(join(ROOT, 'scripts', 'npm-options.mjs')).href)};
    const [command, ...given] = process.argv.slice(2);
    console.log(JSON.stringify([...given, ...takeNpmOptions(command, process.env)]));`,
  );
  const { stdout } = await runChild('npm', ['--silent', ...typed], { cwd: folder.path, env: withoutNpm(process.env) });
  expect(JSON.parse(stdout)).toEqual(args);
});

/** An outer npm, which runs the tests, must not speak for this one. */
const withoutNpm = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.toLowerCase().startsWith('npm_')));

test('what was taken is not handed on to another npm, which would warn of it', () => {
  const env = { npm_config_once: 'true', npm_config_registry: 'https://registry.example.com' };
  takeNpmOptions('start', env);
  expect(env).toEqual({ npm_config_registry: 'https://registry.example.com' });
});

test('a number that npm has cut off is asked for in the form that arrives', () => {
  expect(() => takeNpmOptions('start', { npm_config_orders: 'true' })).toThrow(
    'npm keeps --orders for itself: `npm start -- --orders VALUE`',
  );
});

const OPTIONS_OF_COMMANDS = Object.entries(COMMAND_OPTIONS).flatMap(([command, options]) =>
  Object.entries(options)
    .filter(([name]) => !['help', 'only'].includes(name))
    .map(([name, { type }]) => ({ command, name, type })),
);

test.each(OPTIONS_OF_COMMANDS)('$command gets --$name without two dashes before it', ({ command, name, type }) => {
  const [given, arrives] = type === 'boolean' ? ['true', `--${name}`] : ['7', `--${name}=7`];
  expect(takeNpmOptions(command, { [`npm_config_${name.replaceAll('-', '_')}`]: given })).toEqual([arrives]);
});

test('every command that has options parses with this list', async () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(Object.keys(COMMAND_OPTIONS)));
  const files = await Array.fromAsync(glob('{scripts,test/campaign}/**/*.ts', { cwd: ROOT }));
  const calls = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bparseArg(?:s|uments)\(\{[^}]*\}/g)].map(([call]) => ({
      file,
      call,
    })),
  );
  expect(calls.length).toBeGreaterThan(5);
  for (const { file, call } of calls) expect.soft(call, file).toMatch(/\boptions: COMMAND_OPTIONS[.[]/);
});
