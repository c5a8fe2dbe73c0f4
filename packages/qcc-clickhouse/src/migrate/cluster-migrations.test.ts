import { expect, test } from 'vitest';
import { PREPARATION } from './migrate.ts';
import { readMigrations } from './read-migrations.ts';
import { renderMigration } from './render-migration.ts';

/** Of one statement of a migration, what a cluster has to accept. Texts are cut out first: they may hold anything. */
type Statement = {
  where: string;
  /** `CREATE TABLE`, `CREATE OR REPLACE VIEW`, `ALTER TABLE`, `DROP VIEW`, … */
  verb: string;
  /** Or IF EXISTS, where something is dropped. */
  ifNotExists: boolean;
  /** Empty for a database. */
  name: string;
  onCluster: string;
  /** After the name and the cluster. */
  rest: string;
  /** Each with its texts. */
  engine: string | undefined;
};

const HEAD =
  /^(?<verb>CREATE (?:OR REPLACE )?(?:DATABASE|TABLE|VIEW|MATERIALIZED VIEW)|ALTER TABLE|DROP VIEW|INSERT INTO)(?<ifNotExists> IF (?:NOT )?EXISTS)? `qcc`(?:\.(?<name>\w+))?(?: ON CLUSTER `(?<onCluster>\w+)`)?(?<rest>\s.*)$/s;
const FUNCTION_HEAD =
  /^(?<verb>CREATE FUNCTION)(?<ifNotExists> IF NOT EXISTS)? (?<name>\w+) ON CLUSTER `(?<onCluster>\w+)`(?<rest> AS .*)$/s;

function parse(where: string, sql: string): Statement {
  const bare = sql.replace(/^\s*--.*$/gm, '').trim();
  const withoutTexts = bare.replace(/'(?:[^'\\]|\\.|'')*'/g, "''");
  const { verb, ifNotExists, name, onCluster, rest } =
    (HEAD.exec(withoutTexts) ?? FUNCTION_HEAD.exec(withoutTexts))?.groups ?? {};
  if (verb === undefined || rest === undefined) throw new Error(`${where} is of no known kind: ${withoutTexts}`);
  const engine = /^ENGINE = (.+)$/m.exec(bare)?.[1];
  return {
    where,
    verb,
    ifNotExists: ifNotExists !== undefined,
    name: name ?? '',
    onCluster: onCluster ?? '',
    rest,
    engine,
  };
}

const scripts = [{ name: 'schema_migrations', template: PREPARATION }, ...readMigrations()];
const statements = scripts.flatMap(({ name, template }) =>
  renderMigration(template, { database: 'qcc', cluster: 'main' }).map((sql, at) => parse(`${name} ${at + 1}`, sql)),
);

/** Commands of an ALTER: of each kind, those that a replicated table carries out in the same way. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  // Each replica has its own.
  ['settings', /^MODIFY SETTING /],
  // The replicas share them, by Keeper.
  ['comment', /^MODIFY COMMENT /],
  ['columns', /^(ADD INDEX|ADD COLUMN|MODIFY COLUMN|COMMENT COLUMN) /],
  // Keeper lists them, and each replica works them off.
  ['mutation', /^MATERIALIZE INDEX /],
  ['query', /^MODIFY QUERY\b/],
];
const kindOf = (command: string): string => KINDS.find(([, pattern]) => pattern.test(command))?.[0] ?? 'unknown';

/** Whether it is of one known kind: ON CLUSTER refuses ATTACH and FETCH, which are of none. */
const isOneKind = ({ rest }: Statement): boolean => {
  const text = rest.trim();
  const commands = text.startsWith('MODIFY QUERY')
    ? [text]
    : text.split(/,\s*(?=[A-Z]+ (?:COLUMN|INDEX|SETTING|PART)\b)/);
  const kinds = new Set(commands.map(kindOf));
  return kinds.size === 1 && !kinds.has('unknown');
};

const isReplicated = ({ name, engine }: Statement): boolean =>
  /^Replicated(Replacing|Aggregating)MergeTree\('([^']+)', '\{replica\}'(, \w+)*\)$/.exec(engine ?? '')?.[2] ===
  `/clickhouse/tables/{shard}/qcc/${name}`;

/** Its rows go to the tables of its views. */
const keepsNothing = ({ engine }: Statement): boolean => engine === 'Null';
const isRightTable = (statement: Statement): boolean => isReplicated(statement) || keepsNothing(statement);

const isNoInsert = ({ verb }: Statement): boolean => verb !== 'INSERT INTO';
const fillsATable = ({ onCluster, name }: Statement): boolean =>
  onCluster === '' &&
  statements.some((other) => other.verb === 'CREATE TABLE' && other.name === name && isRightTable(other));

/** One with data of its own would need an engine for it. */
const writesIntoATable = ({ rest }: Statement): boolean =>
  /^\s*TO `qcc`\.\w+ \(/.test(rest) && !/\b(POPULATE|REFRESH)\b/.test(rest);

/** One that another instance begins too, or a replica that was away, must find its work done. */
const mayRunTwice = ({ verb, ifNotExists }: Statement): boolean => ifNotExists || verb === 'CREATE OR REPLACE VIEW';

test.each<
  [what: string, of: (statement: Statement) => boolean, holds: (statement: Statement) => boolean, least: number]
>([
  ['every statement but an INSERT runs on every replica', isNoInsert, ({ onCluster }) => onCluster === 'main', 60],
  ['an INSERT goes to one server, whose replicas get its rows', ({ verb }) => verb === 'INSERT INTO', fillsATable, 5],
  [
    'every table that keeps rows is replicated, under a path that names it',
    ({ verb }) => verb === 'CREATE TABLE',
    isRightTable,
    13,
  ],
  ['every materialized view writes into a table', ({ verb }) => /MATERIALIZED/.test(verb), writesIntoATable, 5],
  ['whatever is created or dropped may be so again', ({ verb }) => /^(CREATE|DROP)/.test(verb), mayRunTwice, 40],
  ['an ALTER changes one kind of thing', ({ verb }) => verb === 'ALTER TABLE', isOneKind, 20],
])('on a cluster, %s', (_, of, holds, least) => {
  const meant = statements.filter(of);
  expect(meant.length).toBeGreaterThanOrEqual(least);
  expect(meant.filter((statement) => !holds(statement)).map(({ where }) => where)).toEqual([]);
});

test('no two tables share a path', () => {
  const names = statements.flatMap(({ verb, name }) => (verb === 'CREATE TABLE' ? [name] : []));
  expect(names).toEqual([...new Set(names)]);
});
