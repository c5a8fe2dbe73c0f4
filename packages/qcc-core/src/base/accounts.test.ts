import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { accountEnv, accountNames } from './accounts.ts';
import { readSettings, SettingsError } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'accounts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const keyFile = (account: string) => {
  const file = join(folder, `${account}-key`);
  writeFileSync(file, `key of ${account}\n`);
  return file;
};
const north = {
  ACCOUNT: 'north',
  QCC_KEY_FILE: keyFile('north'),
  QCC_SECRET_KEY_FILE: keyFile('north'),
  CALLBACK_PATH: '/north',
};
const south = {
  ...north,
  ACCOUNT: 'south',
  QCC_KEY_FILE: keyFile('south'),
  CALLBACK_PATH: '/south',
  PUSH_WINDOWS: '18,20',
  DETAIL_DAILY_BUDGET: 3,
};

let files = 0;
/** An environment with an accounts file that holds the value, or the text as it is. */
function envWith(content: unknown, env: Record<string, string> = {}) {
  files += 1;
  const file = join(folder, `accounts-${files}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return { ACCOUNTS_FILE: file, ...env };
}
const problemsOf = (action: () => unknown): readonly string[] => {
  try {
    action();
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
};

test.each([
  ['without a file, the account of ACCOUNT', { ACCOUNT: 'one' }, ['one']],
  ['without a file and ACCOUNT, the default', {}, ['main']],
  ['all of the file, in its order', envWith([south, north]), ['south', 'north']],
  ['of the file the one that ACCOUNT names', envWith([south, north], { ACCOUNT: 'north' }), ['north']],
  ['all if ACCOUNT is empty, as deployment templates leave it', envWith([north], { ACCOUNT: '' }), ['north']],
])('the accounts are %s', (_, env, names) => {
  expect(accountNames(env)).toEqual(names);
});

describe('an account', () => {
  const common = {
    PUSH_WINDOWS: '8',
    QCC_TIMEOUT_MS: '500',
    QCC_KEY: 'common',
    CALLBACK_PATH: '/common',
    LOG_LEVEL: 'warn',
  };
  const read = (account: string) =>
    readSettings(accountEnv(envWith([north, south], common), account), [
      'ACCOUNT',
      'QCC_KEY',
      'CALLBACK_PATH',
      'PUSH_WINDOWS',
      'DETAIL_DAILY_BUDGET',
      'QCC_TIMEOUT_MS',
      'LOG_LEVEL',
    ]);

  test('has its own settings, and those that are common to all', () => {
    expect(read('south')).toEqual({
      ACCOUNT: 'south',
      QCC_KEY: 'key of south',
      CALLBACK_PATH: '/south',
      PUSH_WINDOWS: [18, 20],
      DETAIL_DAILY_BUDGET: 3,
      QCC_TIMEOUT_MS: 500,
      LOG_LEVEL: 'warn',
    });
    expect(read('north')).toMatchObject({ ACCOUNT: 'north', PUSH_WINDOWS: [8], DETAIL_DAILY_BUDGET: undefined });
  });

  test('hides a common value also where it names a file, and the other way round', () => {
    const windows = join(folder, 'windows');
    writeFileSync(windows, '10');
    const asFile = { ...north, PUSH_WINDOWS_FILE: windows };
    const env = envWith([asFile, south], { PUSH_WINDOWS: '8', DETAIL_DAILY_BUDGET_FILE: '/nowhere' });
    expect(readSettings(accountEnv(env, 'north'), ['PUSH_WINDOWS']).PUSH_WINDOWS).toEqual([10]);
    expect(readSettings(accountEnv(env, 'south'), ['DETAIL_DAILY_BUDGET']).DETAIL_DAILY_BUDGET).toBe(3);
  });

  test('takes the common setting if its own is empty', () => {
    const env = envWith([{ ...north, QCC_READ_ONLY: '' }], { QCC_READ_ONLY: 'true' });
    expect(readSettings(accountEnv(env, 'north'), ['QCC_READ_ONLY']).QCC_READ_ONLY).toBe(true);
  });

  test('with a callback path that is not part of a URL does not stop the others', () => {
    const env = envWith([north, { ...south, CALLBACK_PATH: 'http://[' }]);
    expect(accountNames(env)).toEqual(['north', 'south']);
  });

  test('with the key of an account before it is refused', () => {
    const env = envWith([north, { ...south, QCC_KEY_FILE: north.QCC_KEY_FILE }]);
    expect(problemsOf(() => accountEnv(env, 'north'))).toEqual([]);
    expect(problemsOf(() => accountEnv(env, 'south'))).toEqual([
      'account south: QCC_KEY is also the key of account north',
    ]);
  });

  test.each([
    ['a secret in the file itself', { ...north, QCC_KEY: 'plain' }, 'QCC_KEY is secret'],
    [
      'a setting that is not of an account',
      { ...north, KAFKA_BROKERS: 'a:1' },
      'KAFKA_BROKERS is misspelt, or is a setting that is common',
    ],
    ['a misspelt setting', { ...north, PUSH_WINDOW: '8' }, 'PUSH_WINDOW is misspelt'],
    ['a value that is a list', { ...north, PUSH_WINDOWS: [8] }, 'PUSH_WINDOWS must be a string, a number or a boolean'],
    ['a password in a URL', { ...north, QCC_PROXY_URL: 'http://me:hush@proxy:1' }, 'QCC_PROXY_URL contains a password'],
    ['an empty callback path', { ...north, CALLBACK_PATH: '' }, 'CALLBACK_PATH is missing'],
    ['no key', { ...north, QCC_KEY_FILE: undefined }, 'QCC_KEY is missing'],
    ['no callback path', { ...north, CALLBACK_PATH: undefined }, 'CALLBACK_PATH is missing'],
  ])('with %s is refused, and the others are not', (_, entry, problem) => {
    const env = envWith([entry, south], { QCC_KEY: 'common', CALLBACK_PATH: '/common' });
    expect(problemsOf(() => accountEnv(env, 'north'))).toEqual([expect.stringContaining(`account north: ${problem}`)]);
    expect(problemsOf(() => accountEnv(env, 'south'))).toEqual([]);
  });
});

test.each([
  ['is not there', { ACCOUNTS_FILE: join(folder, 'nowhere') }, 'cannot be read'],
  ['is not JSON', envWith('{'), 'cannot be read'],
  ['holds an object', envWith({ north }), 'must hold an array of objects'],
  ['is empty', envWith([]), 'names no account'],
  ['has an entry without a name', envWith([north, {}]), 'entry 2: '],
  ['has a name that no topic could have', envWith([{ ...north, ACCOUNT: 'a b' }]), 'entry 1: ACCOUNT must be'],
  ['names an account twice', envWith([north, { ...south, ACCOUNT: 'north' }]), 'has the ACCOUNT north twice'],
  [
    'has one callback path for two',
    envWith([north, { ...south, CALLBACK_PATH: '/north' }]),
    'has the CALLBACK_PATH /north twice',
  ],
  ['has one path in two forms', envWith([north, { ...south, CALLBACK_PATH: '/./north' }]), 'has the CALLBACK_PATH'],
  ['lacks the account that is asked for', envWith([north], { ACCOUNT: 'west' }), 'has no account west; it has north'],
])('a file that %s is refused as a whole', (_, env, problem) => {
  expect(problemsOf(() => accountNames(env))).toEqual([expect.stringContaining(`ACCOUNTS_FILE ${problem}`)]);
});

test.each([
  [{ ACCOUNT_FILE: join(folder, 'nowhere') }, 'ACCOUNT_FILE cannot be read'],
  [{ ACCOUNTS_FILE_FILE: keyFile('north') }, 'ACCOUNTS_FILE_FILE is not supported'],
])('%j is refused', (env, problem) => {
  expect(problemsOf(() => accountNames(env))).toEqual([expect.stringContaining(problem)]);
});

test('settings of an account are not read before one is chosen', () => {
  const env = envWith([north, south], { LOG_LEVEL: 'warn' });
  expect(readSettings(env, ['LOG_LEVEL'])).toEqual({ LOG_LEVEL: 'warn' });
  expect(problemsOf(() => readSettings(env, ['LOG_LEVEL', 'ACCOUNT', 'QCC_KEY']))).toEqual([
    'ACCOUNTS_FILE names several accounts: choose one with --account, or set ACCOUNT',
  ]);
});
