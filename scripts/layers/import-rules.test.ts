import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../stack/places.ts';
import { findCycles, IMPORT_RULES, LAYERS, violations, withoutPlace } from './import-rules.ts';
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
  test.each(LAYERS)('every entry of $folder has a place in its layers, and no other', (layers) => {
    const found = readdirSync(join(ROOT, layers.folder));
    expect(withoutPlace(layers, found)).toEqual([]);
    expect(layers.entries.filter((entry) => !found.includes(entry))).toEqual([]);
  });
  test.each(LAYERS)('CONTRIBUTING.md lists the entries of $folder in their order', ({ folder, entries }) => {
    const rows = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| `([^`]+)\/`/gm);
    const below = [...rows].map(([, path]) => path!).filter((path) => path.startsWith(`${folder}/`));
    expect([...new Set(below.map((path) => path.slice(folder.length + 1).split('/')[0]))]).toEqual(entries);
  });
  test('no files import one another in a circle', () => {
    expect(findCycles(imports)).toEqual([]);
  });
});

describe('what kafkajs does not export', () => {
  const PATCHES = 'packages/qcc-core/src/kafka/kafkajs-2.2.4';
  const GUARD = `${PATCHES}/guard.ts`;
  const files = globSync('{packages,services,scripts,stack}/**/*.{ts,mjs}', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/dist/**', '**/testing/**', '**/*.test.ts'],
  }).map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
  const pathsWith = (text: string | RegExp) => files.filter((file) => file.text.match(text)).map(({ path }) => path);

  test('is opened by one file, which checks the version of kafkajs when it is loaded', () => {
    expect(pathsWith(/kafkajs\/(src|index|package)\b/)).toEqual([GUARD]);
    expect(readFileSync(join(ROOT, GUARD), 'utf8')).toMatch(/^requireVersion\(/m);
  });

  test('is used only where the patches are, apart from the sockets, which are taken as they are', () => {
    const users = imports.filter(({ to }) => to === GUARD).map(({ from }) => from);
    const elsewhere = users.filter((from) => !from.startsWith(`${PATCHES}/`) && !from.endsWith('.test.ts'));
    expect(elsewhere).toEqual(['packages/qcc-core/src/kafka/client/open-kafka.ts']);
    expect(users.length).toBeGreaterThan(10);
  });

  test('is replaced only by files that check its shape', () => {
    const replacing = pathsWith(/\.prototype\b|\{ prototype\b|replaceKafkaJsModule\(/).filter((path) =>
      files.some((file) => file.path === path && file.text.includes('kafkaJsModule')),
    );
    expect(replacing.length).toBeGreaterThan(10);
    expect(replacing.filter((path) => !path.startsWith(`${PATCHES}/`))).toEqual([]);
    expect(replacing.filter((path) => path !== GUARD && !pathsWith(/^requireShape\(/m).includes(path))).toEqual([]);
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

describe('the layers', () => {
  test.each(LAYERS)('do not miss a new folder or file in $folder', (layers) => {
    expect(withoutPlace(layers, [...layers.entries, 'new-folder', 'new-file.ts'])).toEqual([
      'new-folder',
      'new-file.ts',
    ]);
  });
});

describe('an import', () => {
  const written = {
    'package.json': JSON.stringify({ workspaces: ['services/*'], devDependencies: { '@of/tests': '1.0.0' } }),
    'services/first/package.json': JSON.stringify({
      name: 'first',
      dependencies: { second: '1.0.0', listed: '1.0.0' },
    }),
    'services/second/package.json': JSON.stringify({ name: 'second' }),
  };

  test.each([
    { name: 'a service that no list names', specifier: 'second/folder/file', to: 'services/second/src/folder/file.ts' },
    { name: 'a file next to it', specifier: './file.ts', to: 'services/first/src/file.ts' },
    { name: 'a workspace that does not exist', specifier: 'third/file', to: 'third/file' },
    { name: 'a package that no package.json lists', specifier: '@of/others', to: '@of/others' },
    { name: 'a package of the registry', specifier: 'listed/part', to: null },
    { name: 'a package of the registry with a scope', specifier: '@of/tests/part', to: null },
    { name: 'a module of Node', specifier: 'node:fs', to: null },
  ])('of $name', ({ specifier, to }) => {
    using root = mkdtempDisposableSync(join(tmpdir(), 'imports-'));
    const from = 'services/first/src/main.ts';
    for (const [path, text] of Object.entries({ ...written, [from]: `import { a } from '${specifier}';` })) {
      mkdirSync(join(root.path, dirname(path)), { recursive: true });
      writeFileSync(join(root.path, path), text);
    }
    expect(readImports(root.path)).toEqual(to === null ? [] : [{ from, to }]);
  });
});
