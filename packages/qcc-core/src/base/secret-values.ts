import { accountEnv, accountNames } from './accounts.ts';
import { rawValue, SETTINGS, type SettingName } from './settings.ts';

/**
 * Returns the texts in these settings that must not appear in a log, error or page: the values of secret settings, each key of a list
 * separately, each text of a JSON object, and the password of a URL, such as a proxy's, or its user name if it has no password.
 */
export const secretValues = (settings: Partial<Record<SettingName, unknown>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value !== 'string' || value === '') return [];
    const spec: { secret?: true } = SETTINGS[name as SettingName];
    // SEALING_KEY holds several; each has to be masked by itself.
    if (!spec.secret) return userInfos(value);
    return [value, ...value.split(',').map((part) => part.replace(/^[^:]*:/, '')), ...textsOf(value)];
  });

/**
 * ALERT_SECRETS is an object of objects. Returns each text in it, and of a URL also path and query, each value of the query, and the
 * password or user name, because these may be tokens.
 */
function textsOf(value: string): string[] {
  if (!value.trimStart().startsWith('{')) return [];
  try {
    const texts: string[] = [];
    JSON.parse(value, (_, each: unknown) => void (typeof each === 'string' && texts.push(each)));
    return texts.flatMap((text) => {
      const url = URL.parse(text);
      return [text, ...(url ? [`${url.pathname}${url.search}`, ...url.searchParams.values(), ...userInfo(text)] : [])];
    });
  } catch {
    return [];
  }
}

/** Returns the secrets of all settings in an environment, used or not, valid or not. A file that cannot be read has none. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(SETTINGS) as SettingName[];
  return secretValues(Object.fromEntries(names.map((name) => [name, readable(env, name)])));
}

/** Returns the secrets of an environment and of all accounts in its ACCOUNTS_FILE. */
export function allSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const accounts = (() => {
    try {
      return accountNames({ ...env, ACCOUNT: undefined, ACCOUNT_FILE: undefined });
    } catch {
      return [];
    }
  })();
  return [...environmentSecrets(env), ...accounts.flatMap((account) => accountSecrets(env, account))];
}

/** Returns the secrets of one account, with the common ones; none if its settings cannot be read. */
export function accountSecrets(env: Readonly<Record<string, string | undefined>>, account: string): string[] {
  try {
    return environmentSecrets(accountEnv(env, account));
  } catch {
    return [];
  }
}

function readable(env: Readonly<Record<string, string | undefined>>, name: SettingName): string | undefined {
  try {
    return rawValue(env, name);
  } catch {
    return undefined;
  }
}

/** Of a URL, or of each in a list. */
const userInfos = (text: string): string[] => [...new Set([text, ...text.split(',')])].flatMap(userInfo);

function userInfo(text: string): string[] {
  const url = URL.parse(text);
  const encoded = url?.password || url?.username;
  return encoded ? [encoded, decoded(encoded)] : [];
}

/** Returns the text unchanged if it contains a `%` that encodes nothing. */
function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
