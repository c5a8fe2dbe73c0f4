import { expect, test } from 'vitest';
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
    'npm keeps --orders for itself: `npm start -- --orders N`',
  );
});
