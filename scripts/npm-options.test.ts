import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../stack/places.ts';
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
    (readFileSync(join(ROOT, file), 'utf8').match(/\bparseArgs\(\{[^}]*\}/g) ?? []).map((call) => ({ file, call })),
  );
  expect(calls.length).toBeGreaterThan(5);
  for (const { file, call } of calls) expect.soft(call, file).toMatch(/\boptions: COMMAND_OPTIONS[.[]/);
});
