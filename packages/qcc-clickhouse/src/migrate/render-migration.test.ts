import { describe, expect, it } from 'vitest';
import { includeColumns, renderMigration } from './render-migration.ts';

const template = `
-- A comment; with a semicolon.
CREATE TABLE {{database}}.a {{on_cluster}} (x String COMMENT 'one; two')
ENGINE = {{engine ReplacingMergeTree(version)}} ORDER BY x
;
ALTER TABLE {{database}}.a {{on_cluster}} MODIFY SETTING fsync_after_insert = {{fsync}}
;
CREATE TABLE {{database}}.b {{on_cluster}} (x String) ENGINE = {{engine AggregatingMergeTree}} ORDER BY x
;
`;

describe('renderMigration', () => {
  it('cuts at lines that hold only a semicolon, never inside a text or comment', () => {
    const [first, , second, ...rest] = renderMigration(template, { database: 'qcc' });
    expect(first).toMatch(/^-- A comment; with.*'one; two'.*ORDER BY x$/s);
    expect(second).toMatch(/^CREATE TABLE `qcc`\.b/);
    expect(rest).toEqual([]);
  });

  it.each([
    [
      'a single server',
      { database: 'qcc' },
      ['CREATE TABLE `qcc`.a  (', 'ENGINE = ReplacingMergeTree(version)', 'fsync_after_insert = 1'],
    ],
    [
      'a cluster',
      { database: 'qcc', cluster: 'main' },
      [
        'CREATE TABLE `qcc`.a ON CLUSTER `main` (',
        "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/qcc/a', '{replica}', version)",
        "ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/qcc/b', '{replica}')",
        'fsync_after_insert = 0',
      ],
    ],
  ])('renders for %s', (_, target, fragments) => {
    const script = renderMigration(template, target).join('\n');
    for (const fragment of fragments) expect(script).toContain(fragment);
  });

  it('refuses a placeholder it does not know', () => {
    expect(() => renderMigration('DROP TABLE {{databse}}.a', { database: 'qcc' })).toThrow(
      '{{databse}} is no placeholder',
    );
  });
});

it('refuses an engine whose table it cannot name, on a cluster', () => {
  const template = 'ATTACH TABLE {{database}}.a ENGINE = {{engine MergeTree}}';
  expect(() => renderMigration(template, { database: 'qcc', cluster: 'main' })).toThrow(
    'an engine stands outside CREATE TABLE',
  );
});

describe('includeColumns', () => {
  const columns = new Map([
    ['base', '  a String\n'],
    ['more', '{{columns base}},\n  b String\n'],
  ]);

  it('writes out lists within lists', () => {
    expect(includeColumns('(\n{{columns more}}\n)', columns)).toBe('(\n  a String,\n  b String\n)');
  });

  it('lets a list read another table', () => {
    const sources = new Map([...columns, ['query', '{{columns base}} FROM {{database}}.t JOIN {{database}}.t_other']]);
    expect(includeColumns('{{columns query, t = copy}}', sources)).toBe(
      '  a String FROM {{database}}.copy JOIN {{database}}.t_other',
    );
  });

  it('lets a list read another list instead of a table', () => {
    const sources = new Map([
      ['query', 'SELECT * FROM {{database}}.t JOIN {{database}}.u'],
      ['some', '(SELECT * FROM {{database}}.t JOIN {{database}}.u WHERE x)'],
    ]);
    expect(includeColumns('{{columns query, t = columns some, u = copy}}', sources)).toBe(
      'SELECT * FROM (SELECT * FROM {{database}}.t JOIN {{database}}.u WHERE x) JOIN {{database}}.copy',
    );
  });

  it('refuses a list that does not exist', () => {
    expect(() => includeColumns('{{columns other}}', columns)).toThrow('no list of columns named other');
  });
});
