import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RulesFileError, readRules } from './read-rules.ts';

const EXAMPLE = readFileSync(new URL('../../../../deploy/alerts/rules.yaml', import.meta.url), 'utf8');

test('the example is read, with types and levels as codes and times as minutes', () => {
  const { targets, rules } = readRules(EXAMPLE, 'rules.yaml');
  expect(Object.keys(targets)).toHaveLength(5);
  expect(
    rules.map(({ name, types, categories, quiet, send, digestAt }) => ({
      name,
      types,
      categories,
      quiet,
      send,
      digestAt,
    })),
  ).toEqual([
    { name: 'customers-listed', types: ['2', '10'], quiet: { from: 1_320, to: 480 }, send: 'immediate' },
    { name: 'large-debts', types: ['11'], send: 'immediate' },
    { name: 'high-risk-digest', categories: ['1'], send: 'digest', digestAt: [540, 1_050] },
  ]);
});

const TARGETS = 'targets: { team: { kind: wecom } }\n';
const rules = (lines: string) => `${TARGETS}rules:\n${lines}`;

test.each<[string, string, string | RegExp]>([
  ['no YAML', 'targets: {', /^line 1, column \d+: /],
  ['a tab as indent', 'targets:\n\tteam: {}', /^line 2, column 1: /],
  ['a key twice', `${TARGETS}targets: {}\nrules: []`, /^line 2, column 1: .*unique/],
  ['no rules', TARGETS, /^line 1, column 1: rules /],
  ['no name', rules('  - to: [team]\n'), /^line 3, column 5: rules\.0\.name /],
  [
    'a setting that does not exist',
    rules('  - name: a\n    typs: [2]\n    to: [team]\n'),
    'line 4, column 5: rules.0 has no setting typs',
  ],
  [
    'an unknown type',
    rules('  - name: a\n    types: [2, 经营]\n    to: [team]\n'),
    /^line 4, column 16: rules\.0\.types\.1 must be one of 1 吊销或注销, /,
  ],
  [
    'an unknown direction',
    rules('  - name: a\n    directions: [删除]\n    to: [team]\n'),
    /^line 4, column 18: rules\.0\.directions\.0 /,
  ],
  [
    'a target that is not there',
    rules('  - name: a\n    to: [team, other]\n'),
    'line 4, column 16: rules.0.to.1 there is no target other; there are team',
  ],
  [
    'a name twice',
    rules('  - { name: a, to: [team] }\n  - { name: a, to: [team] }\n'),
    'line 4, column 13: rules.1.name the name a is there twice',
  ],
  [
    'a time without quotes',
    rules('  - name: a\n    quiet: { from: 8, to: "09:00" }\n    to: [team]\n'),
    /^line 4, column 20: rules\.0\.quiet\.from /,
  ],
  [
    'quiet hours without end',
    rules('  - name: a\n    quiet: { from: "08:00", to: "08:00" }\n    to: [team]\n'),
    'line 4, column 12: rules.0.quiet begins and ends at the same time',
  ],
  [
    'an amount without limits',
    rules('  - name: a\n    amount: {}\n    to: [team]\n'),
    'line 4, column 13: rules.0.amount needs min or max',
  ],
  [
    'times without a digest',
    rules('  - name: a\n    digestAt: ["09:00"]\n    to: [team]\n'),
    'line 4, column 15: rules.0.digestAt needs `send: digest`',
  ],
  [
    'an unknown kind',
    'targets:\n  team:\n    kind: sms\nrules: [{ name: a, to: [team] }]\n',
    /^line 3, column 11: targets\.team\.kind /,
  ],
  [
    'a url in the file',
    'targets:\n  team:\n    kind: wecom\n    url: https://x/\nrules: [{ name: a, to: [team] }]\n',
    'line 4, column 5: targets.team has no setting url',
  ],
  [
    'a target that each object inherits',
    rules('  - name: a\n    to: [constructor]\n'),
    'line 4, column 10: rules.0.to.0 there is no target constructor; there are team',
  ],
  ['lists without end', '['.repeat(10_000), /^line 1, column /],
  ['maps without end', '{a: '.repeat(10_000), /^line 1, column /],
  ['a deep list that ends', `rules: ${'['.repeat(5_000)}${']'.repeat(5_000)}`, /./],
  ['a tag of another language', `${TARGETS}rules: !!js/function "x"\n`, /^line 2, column 8: Unresolved tag/],
  ['a prototype', '__proto__: { targets: {} }\nrules: []\n', /./],
  ['an anchor', `${TARGETS}rules: [&a { name: a, to: [team] }, *a]\n`, /anchors and aliases are not used here/],
  [
    'an address with two lines',
    'targets:\n  team: { kind: email, from: "a@b\\nBcc: c@d", to: [a@b.cn] }\nrules: [{ name: a, to: [team] }]\n',
    /^line 2, column 30: targets\.team\.from must be an e-mail address/,
  ],
])('a file with %s is refused with line, column and reason', (_, text, problem) => {
  const read = () => readRules(text, 'rules.yaml');
  expect(read).toThrow(RulesFileError);
  try {
    read();
  } catch (error) {
    const [first] = (error as RulesFileError).problems;
    if (typeof problem === 'string') expect(first).toBe(problem);
    else expect(first).toMatch(problem);
  }
});

test.each([
  { count: 21, others: 'there is 1 more problem' },
  { count: 1_000, others: 'there are 980 more problems' },
])('a file with $count problems names the first ones, and counts the others', ({ count, others }) => {
  const text = rules(Array.from({ length: count }, (_, at) => `  - { name: r${at}, to: [none] }\n`).join(''));
  try {
    readRules(text, 'rules.yaml');
    expect.unreachable();
  } catch (error) {
    const { problems } = error as RulesFileError;
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe(others);
  }
});

test('all problems are named at once, in the order of their lines', () => {
  const text = rules('  - name: "a b"\n    types: [x]\n    to: [none]\n');
  try {
    readRules(text, 'rules.yaml');
    expect.unreachable();
  } catch (error) {
    const lines = (error as RulesFileError).problems.map((problem) => /^line (\d+)/.exec(problem)?.[1]);
    expect(lines).toEqual(['3', '4', '5']);
  }
});
