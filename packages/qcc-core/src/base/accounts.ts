import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DEFAULT_ACCOUNT } from '../contract/group-names.ts';
import { describeError } from './errors.ts';
import { ACCOUNT_SETTINGS, rawValue, SETTINGS, type Setting, SettingsError } from './settings.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Each account needs its own: with another account's key it would fetch that account's orders. */
const OWN_SETTINGS = ['QCC_KEY', 'QCC_SECRET_KEY', 'CALLBACK_PATH'] as const;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** One object per account. The schema checks only the names, because an error in one account must not stop the others. */
const ENTRIES = z
  .array(
    z.looseObject({
      ACCOUNT: z.string().regex(NAME, 'ACCOUNT must be 1 to 64 letters, digits, dots, underscores or hyphens'),
    }),
    'must hold an array of objects, one for each account',
  )
  .min(1, 'names no account');
type Entry = z.output<typeof ENTRIES>[number];

/**
 * Returns the names of the accounts that an environment serves: all accounts of ACCOUNTS_FILE, or the one that ACCOUNT selects.
 * Without the file it is the account of ACCOUNT.
 * @throws SettingsError if the file cannot be read or is not a JSON array of accounts, or if two accounts have the same name or
 *   callback path.
 */
export function accountNames(env: Env): string[] {
  const chosen = rawValue(env, 'ACCOUNT');
  if (!env.ACCOUNTS_FILE) return [chosen ?? DEFAULT_ACCOUNT];
  const names = readEntries(env.ACCOUNTS_FILE).map(({ ACCOUNT }) => ACCOUNT);
  if (chosen === undefined) return names;
  if (!names.includes(chosen)) throw fileError(`has no account ${chosen}; it has ${names.join(', ')}`);
  return [chosen];
}

/**
 * Returns the environment of one account: its settings from ACCOUNTS_FILE replace the common ones. Reads the file again.
 * @throws SettingsError that names every problem of the account's entry.
 */
export function accountEnv(env: Env, account: string): Env {
  if (!env.ACCOUNTS_FILE) return env;
  const entry = readEntries(env.ACCOUNTS_FILE).find(({ ACCOUNT }) => ACCOUNT === account);
  if (!entry) throw fileError(`has no account ${account}`);
  const problems = entryProblems(entry);
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => `account ${account}: ${problem}`));
  const own = Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, String(value)]));
  // An account's value hides the common one in either form, as value and as file.
  const hidden = [...OWN_SETTINGS, ...Object.keys(own).map((key) => key.replace(/_FILE$/, ''))];
  const common = Object.entries(env).filter(([key]) => !hidden.includes(key.replace(/_FILE$/, '')));
  const { ACCOUNTS_FILE: _, ...others } = Object.fromEntries(common);
  return { ...others, ...own };
}

function readEntries(path: string): Entry[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw fileError(`cannot be read: ${describeError(error)}`);
  }
  const parsed = ENTRIES.safeParse(json);
  if (!parsed.success)
    throw fileError(
      parsed.error.issues
        .map(({ path: [index], message }) => (index === undefined ? message : `entry ${Number(index) + 1}: ${message}`))
        .join('; '),
    );
  for (const what of ['ACCOUNT', 'CALLBACK_PATH'] as const) {
    const repeated = parsed.data
      .map((entry) => entry[what])
      .find((value, index, all) => value !== undefined && all.indexOf(value) !== index);
    if (repeated !== undefined) throw fileError(`has the ${what} ${repeated} twice`);
  }
  return parsed.data;
}

function entryProblems(entry: Entry): string[] {
  const allowed: readonly string[] = ACCOUNT_SETTINGS;
  const problems = Object.entries(entry).flatMap(([key, value]) => {
    const name = key.replace(/_FILE$/, '');
    if (!allowed.includes(name))
      return [`${key} is no setting of an account: it belongs into the environment, or is misspelt`];
    const { secret }: Setting<unknown> = SETTINGS[name as (typeof ACCOUNT_SETTINGS)[number]];
    if (secret && key === name)
      return [`${key} is secret: write it into a file of its own, and name that by ${key}_FILE`];
    if (!['string', 'number', 'boolean'].includes(typeof value))
      return [`${key} must be a text, a number or true or false`];
    return [];
  });
  const missing = OWN_SETTINGS.filter((name) => !(name in entry) && !(`${name}_FILE` in entry));
  return [...problems, ...missing.map((name) => `${name} is missing: each account has its own`)];
}

const fileError = (what: string): SettingsError => new SettingsError([`ACCOUNTS_FILE ${what}`]);
