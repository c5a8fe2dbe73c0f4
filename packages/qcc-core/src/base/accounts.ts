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
  const chosen = readChosen(env);
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
  const entries = readEntries(env.ACCOUNTS_FILE);
  const entry = entries.find(({ ACCOUNT }) => ACCOUNT === account);
  if (!entry) throw fileError(`has no account ${account}`);
  const problems = [...entryProblems(entry), ...sharedKey(entry, entries)];
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => `account ${account}: ${problem}`));
  const own = Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, String(value)]));
  // An account's value hides the common one in either form, as value and as file.
  const hidden = [...OWN_SETTINGS, ...Object.keys(own).map((key) => key.replace(/_FILE$/, ''))];
  const common = Object.entries(env).filter(([key]) => !hidden.includes(key.replace(/_FILE$/, '')));
  const { ACCOUNTS_FILE: _, ...others } = Object.fromEntries(common);
  return { ...others, ...own };
}

function readChosen(env: Env): string | undefined {
  if (env.ACCOUNTS_FILE_FILE) throw new SettingsError(['ACCOUNTS_FILE_FILE is not supported: set ACCOUNTS_FILE']);
  try {
    return rawValue(env, 'ACCOUNT');
  } catch (error) {
    throw new SettingsError([`ACCOUNT_FILE cannot be read: ${describeError(error)}`]);
  }
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
  // As in the environment, an empty value counts as absent.
  const entries = parsed.data.map(
    (entry) => Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== '')) as Entry,
  );
  const paths = entries.flatMap(({ CALLBACK_PATH: path }) =>
    typeof path === 'string' ? [URL.parse(path, 'http://gateway')?.pathname ?? path] : [],
  );
  for (const [what, values] of Object.entries({
    ACCOUNT: entries.map(({ ACCOUNT }) => ACCOUNT),
    CALLBACK_PATH: paths,
  })) {
    const repeated = values.find((value, index) => values.indexOf(value) !== index);
    if (repeated !== undefined) throw fileError(`has the ${what} ${repeated} twice`);
  }
  return entries;
}

/** Two accounts with one key would fetch the same orders, and pay twice for their details. The first account keeps the key. */
function sharedKey(entry: Entry, entries: readonly Entry[]): string[] {
  const keyOf = ({ QCC_KEY_FILE: file }: Entry): string | null => {
    try {
      return readFileSync(String(file), 'utf8').trim();
    } catch {
      return null;
    }
  };
  const key = keyOf(entry);
  const other = entries.slice(0, entries.indexOf(entry)).find((each) => key !== null && keyOf(each) === key);
  return other ? [`QCC_KEY is also the key of account ${other.ACCOUNT}`] : [];
}

function entryProblems(entry: Entry): string[] {
  const allowed: readonly string[] = ACCOUNT_SETTINGS;
  const problems = Object.entries(entry).flatMap(([key, value]) => {
    const name = key.replace(/_FILE$/, '');
    if (!allowed.includes(name))
      return [`${key} is misspelt, or is a setting that is common to all accounts: set those in the environment`];
    const { secret }: Setting<unknown> = SETTINGS[name as (typeof ACCOUNT_SETTINGS)[number]];
    if (secret && key === name)
      return [`${key} is secret: write it to a separate file, and set ${key}_FILE to its path`];
    if (!['string', 'number', 'boolean'].includes(typeof value))
      return [`${key} must be a string, a number or a boolean`];
    if (name === key && URL.parse(String(value))?.password)
      return [`${key} contains a password: write it to a separate file, and set ${key}_FILE to its path`];
    return [];
  });
  const missing = OWN_SETTINGS.filter((name) => !(name in entry) && !(`${name}_FILE` in entry));
  return [...problems, ...missing.map((name) => `${name} is missing: each account needs its own`)];
}

const fileError = (what: string): SettingsError => new SettingsError([`ACCOUNTS_FILE ${what}`]);
