import { accountEnv, accountNames } from './accounts.ts';
import { rawValue, SETTINGS, type SettingName } from './settings.ts';

/**
 * What must stand in no log, error or page, of these settings: the values of secret ones, each key of a list by itself,
 * each text of a JSON object, and what a URL (a proxy's, say) has before its `@`: the password, or the name where it stands alone.
 */
export const secretValues = (settings: Partial<Record<SettingName, unknown>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value !== 'string' || value === '') return [];
    const spec: { secret?: true } = SETTINGS[name as SettingName];
    // SEALING_KEY holds several; each has to be masked by itself.
    if (!spec.secret) return userInfos(value);
    return [value, ...value.split(',').map((part) => part.replace(/^[^:]*:/, '')), ...textsOf(value)];
  });

/** ALERT_SECRETS is an object of objects: each text in it, and of a URL also what stands behind its host, because a token may. */
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

/** The same of every setting that an environment holds, needed or not, right or wrong; a file that cannot be read holds none. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(SETTINGS) as SettingName[];
  return secretValues(Object.fromEntries(names.map((name) => [name, readable(env, name)])));
}

/** The same of an environment and of all accounts in its ACCOUNTS_FILE. */
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

/** Those of one account, with the common ones; none if its settings cannot be read. */
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

/** As it is where it holds a `%` that encodes nothing. */
function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
