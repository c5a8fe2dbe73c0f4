import { grantsOf, QUOTAS, READER_SETTINGS, type Role } from './roles.ts';

/** A login that reads by a role; `quota` names one of the file's, and without it the quota of the role holds. */
export type Login = { name: string; password: string; role: Role; quota?: string };

type UsersFile = {
  database: string;
  logins: readonly Login[];
  /** Where the logins may come from: an address or network. */
  network: string;
  /** Further quotas by name: limits of one day. */
  quotas?: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

/**
 * The roles of `roles.ts` as a users file of ClickHouse, for a server that knows users from files only. Grants, settings and
 * quotas are those that the SQL makes.
 */
export function renderUsersFile({ database, logins, network, quotas = {} }: UsersFile): string {
  const roles = [...new Set(logins.map(({ role }) => role))];
  const ofRoles = roles.map((role) => quota(role, SECONDS[QUOTAS[role].interval], QUOTAS[role].limits));
  const others = Object.entries(quotas).map(([name, limits]) => quota(name, SECONDS['1 day'], limits));
  return `<clickhouse>
  <profiles>
    ${element('qcc_reader', readerProfile())}
  </profiles>
  <quotas>
    ${[...ofRoles, ...others].join('\n    ')}
  </quotas>
  <roles>
    ${roles.map((role) => element(role, grants(grantsOf(role, database)))).join('\n    ')}
  </roles>
  <users>
    ${logins.map((login) => element(login.name, loginOf(login, network))).join('\n    ')}
  </users>
</clickhouse>
`;
}

function loginOf({ password, role, quota = role }: Login, network: string): string {
  return [
    element('password', password),
    element('networks', element('ip', network)),
    element('profile', 'qcc_reader'),
    element('quota', quota),
    grants([`GRANT ${role}`]),
  ].join('');
}

const SECONDS: Readonly<Record<string, number>> = { '1 hour': 3_600, '1 day': 86_400 };

function quota(name: string, seconds: number | undefined, limits: Readonly<Record<string, number>>): string {
  if (seconds === undefined) throw new Error(`the interval of the quota ${name} has no number of seconds here`);
  const limit = Object.entries(limits).map(([key, value]) => element(key, value));
  return element(name, element('interval', [element('duration', seconds), ...limit].join('')));
}

const grants = (queries: readonly string[]): string =>
  element('grants', queries.map((query) => `\n      ${element('query', query)}`).join(''));

/** A users file has the settings of a profile and their constraints in two places. */
function readerProfile(): string {
  const settings = Object.entries(READER_SETTINGS);
  const constraints = settings.map(([name, { min, max, mayChange }]) => {
    const bounds = [min === undefined ? '' : element('min', min), max === undefined ? '' : element('max', max)];
    return element(name, `${bounds.join('')}<${mayChange ? 'changeable_in_readonly' : 'readonly'}/>`);
  });
  return [
    ...settings.map(([name, { value }]) => element(name, value)),
    element('constraints', constraints.join('')),
  ].join('');
}

const element = (name: string, content: string | number): string => `<${name}>${content}</${name}>`;
