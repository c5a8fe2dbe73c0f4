import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';
import type { Terminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'choose-account-'));
afterAll(() => rmSync(folder, { recursive: true }));

const entries = ['north', 'south'].map((account) => {
  writeFileSync(join(folder, `${account}-key`), `key-of-${account}`);
  return {
    ACCOUNT: account,
    QCC_KEY_FILE: join(folder, `${account}-key`),
    QCC_SECRET_KEY_FILE: join(folder, `${account}-key`),
    CALLBACK_PATH: `/${account}`,
  };
});
const file = join(folder, 'accounts.json');
writeFileSync(file, JSON.stringify(entries));
const several = { ACCOUNTS_FILE: file };

async function run(args: string[], env: Terminal['env']) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const exitCode = await runCli({ env, print: say, complain: say, ask: null }, args);
  return { exitCode, said: said.join('\n') };
}

test.each<[string, string[], Terminal['env'], string]>([
  ['before the command', ['--account', 'south', 'settings'], several, '/south'],
  ['behind the command', ['settings', '--account', 'south'], several, '/south'],
  ['by ACCOUNT', ['settings'], { ...several, ACCOUNT: 'south' }, '/south'],
  [
    'by --account rather than by ACCOUNT',
    ['settings', '--account', 'north'],
    { ...several, ACCOUNT: 'south' },
    '/north',
  ],
  ['as the account of the environment', ['settings', '--account', 'main'], { CALLBACK_PATH: '/main' }, '/main'],
  ['by nothing, so that each has its own', ['settings'], several, '(of each account: --account)'],
])('an account is chosen %s', async (_, args, env, path) => {
  const { exitCode, said } = await run(args, env);
  expect(exitCode).toBe(0);
  expect(said.split('\n').find((line) => line.includes('CALLBACK_PATH '))).toContain(path);
});

test.each<[string, string[], Terminal['env'], string]>([
  ['that the file does not have', ['replay', 'DD1', '--account', 'west'], several, 'ACCOUNTS_FILE has no account west'],
  [
    'other than that of the environment',
    ['replay', 'DD1', '--account', 'west'],
    {},
    'this environment serves the account main',
  ],
  ['without a name', ['replay', 'DD1', '--account', ''], several, '--account needs a name'],
  ['without a name', ['export', 'provinces', '--csv', 'a.csv', '--account', ''], several, '--account needs a name'],
  ['that is not said', ['replay', 'DD1'], several, 'choose one with --account'],
])('a command that needs an account refuses one %s', async (_, args, env, problem) => {
  const { exitCode, said } = await run(args, env);
  expect([exitCode, said]).toEqual([1, expect.stringContaining(problem)]);
});

test.each([['orders', 'list', '--account'], ['--account']])(
  '%s with an option that lacks its value is wrong usage, and says so',
  async (...args) => {
    const { exitCode, said } = await run(args, several);
    expect([exitCode, said]).toEqual([2, expect.stringContaining('--account <name>')]);
  },
);
