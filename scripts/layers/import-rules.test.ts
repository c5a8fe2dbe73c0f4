import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../stack/places.ts';
import { CORE_FOLDERS, findCycles, IMPORT_RULES, violations } from './import-rules.ts';
import { readImports } from './read-imports.ts';

const imports = readImports(ROOT);

describe('the code', () => {
  test('is found whole', () => {
    expect(imports.length).toBeGreaterThan(1_000);
    expect(imports.map(({ to }) => to).filter((to) => !existsSync(join(ROOT, to)))).toEqual([]);
  });
  test.each(IMPORT_RULES.map((rule) => [rule.sentence, rule] as const))('%s', (_sentence, rule) => {
    expect(violations(rule, imports)).toEqual([]);
  });
  test('every folder of qcc-core has a place in the layers', () => {
    const folders = readdirSync(join(ROOT, 'packages/qcc-core/src'));
    expect(folders.toSorted()).toEqual([...CORE_FOLDERS, 'testing'].toSorted());
  });
  test('no files import one another in a circle', () => {
    expect(findCycles(imports)).toEqual([]);
  });
});

/** For each rule an import that breaks it, and one like it that does not. */
const EXAMPLES: Readonly<Record<string, { broken: [string, string]; kept: [string, string] }>> = {
  'no package imports a service': {
    broken: ['packages/qcc-cli/src/main.ts', 'services/sink/src/compose.ts'],
    kept: ['services/sink/src/compose.ts', 'packages/qcc-core/src/base/logs.ts'],
  },
  'no service imports another service': {
    broken: ['services/sink/src/compose.ts', 'services/detail-enricher/src/compose.ts'],
    kept: ['services/sink/src/compose.ts', 'services/sink/src/streams.ts'],
  },
  'a package imports only packages to its left': {
    broken: ['packages/qcc-core/src/base/logs.ts', 'packages/qcc-evidence/src/store.ts'],
    kept: ['packages/qcc-evidence/src/store.ts', 'packages/qcc-core/src/base/logs.ts'],
  },
  'a folder of qcc-core imports only folders to its left': {
    broken: ['packages/qcc-core/src/base/logs.ts', 'packages/qcc-core/src/kafka/client/connect.ts'],
    kept: ['packages/qcc-core/src/kafka/client/connect.ts', 'packages/qcc-core/src/base/logs.ts'],
  },
  'a folder of qcc-core/kafka imports only folders to its left': {
    broken: ['packages/qcc-core/src/kafka/client/connect.ts', 'packages/qcc-core/src/kafka/exactly-once/lane.ts'],
    kept: ['packages/qcc-core/src/kafka/exactly-once/lane.ts', 'packages/qcc-core/src/kafka/client/connect.ts'],
  },
  'product code imports no test and nothing that is for tests': {
    broken: ['packages/qcc-core/src/base/logs.ts', 'packages/qcc-core/src/testing/composed.ts'],
    kept: ['packages/qcc-core/src/base/logs.test.ts', 'packages/qcc-core/src/testing/composed.ts'],
  },
};

describe('a rule finds what breaks it', () => {
  test.each(IMPORT_RULES.map((rule) => [rule.sentence, rule] as const))('%s', (sentence, rule) => {
    const [, example] = Object.entries(EXAMPLES).find(([start]) => sentence.startsWith(start))!;
    const [from, to] = example.broken;
    expect(violations(rule, [{ from, to }])).toEqual([`${from} → ${to}`]);
    expect(violations(rule, [{ from: example.kept[0], to: example.kept[1] }])).toEqual([]);
  });

  test.each([
    { name: 'two files', circle: ['a', 'b'] },
    { name: 'three files', circle: ['a', 'b', 'c'] },
  ])('a circle of $name', ({ circle }) => {
    const inCircle = circle.map((from, at) => ({ from, to: circle[(at + 1) % circle.length]! }));
    expect(findCycles([...inCircle, { from: 'a', to: 'leaf' }, { from: 'root', to: 'a' }])).toEqual([circle]);
  });

  test('a diamond is no circle', () => {
    const diamond = ['ab', 'ac', 'bd', 'cd'].map(([from, to]) => ({ from: from!, to: to! }));
    expect(findCycles(diamond)).toEqual([]);
  });
});
