import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../stack/places.ts';
import { makeBom } from './sbom.ts';

type Locked = {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  dev?: boolean;
  license?: string;
  hasInstallScript?: boolean;
};
const readJson = <Content>(file: string): Content => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const { packages } = readJson<{ packages: Record<string, Locked> }>('package-lock.json');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What comes from a registry, by its path in the tree; the workspaces are our own. */
const foreign = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
const namesWhere = (holds: (locked: Locked) => boolean): string[] => [
  ...new Set(foreign.filter(([, locked]) => holds(locked)).map(([path]) => nameOf(path))),
];

describe('the lock file', () => {
  test('holds the SHA-512 of every package, and no address it was fetched from', () => {
    expect(foreign.length).toBeGreaterThan(100);
    expect(namesWhere(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([]);
    expect(namesWhere(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  test('has no package that runs a script at its installation beside those that were looked at', () => {
    expect(namesWhere(({ hasInstallScript }) => hasInstallScript === true).sort()).toEqual([
      // Would report the installation to its vendor; `scarfSettings` in package.json switches it off.
      '@scarf/scarf',
      // Native parts of ssh2, for testcontainers alone; it does without.
      'cpu-features',
      // Fetches the binary of this platform from the registry.
      'node',
      // Prints a warning about versions.
      'protobufjs',
      'ssh2',
    ]);
  });

  test('has permissive licences only in what is delivered', () => {
    const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', 'Unlicense'];
    // Its package.json names none; its LICENSE is MIT's.
    const known = ['@kafkajs/confluent-schema-registry'];
    const odd = namesWhere(({ dev, license = '' }) => !dev && !permissive.includes(license));
    expect(odd.filter((name) => !known.includes(name))).toEqual([]);
  });
});

test('the lock file of the conformance suite holds the SHA-512 of every package, and no address', () => {
  const lock = readJson<{ packages: Record<string, Locked> }>('test/conformance/clients/package-lock.json');
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test.each([
  'package.json',
  'test/conformance/clients/package.json',
  ...globSync('{packages,services}/*/package.json', { cwd: ROOT }),
  'test/qcc-simulator/package.json',
])('%s pins every dependency to one version', (file) => {
  const { dependencies, devDependencies, optionalDependencies } =
    readJson<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string> | undefined>>(
      file,
    );
  const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(ranges).toEqual([]);
});

test('npm run sbom names everything that is delivered, in CycloneDX, with its hash, and nothing else', () => {
  const { metadata, components, dependencies } = makeBom();
  expect(metadata.component.name).toBe('qcc-pipeline');
  const delivered = foreign.filter(([, { dev }]) => !dev).map(([path, { version }]) => `${nameOf(path)}@${version}`);
  const hashed = components.filter(({ hashes }) => hashes?.length).map((component) => component['bom-ref']);
  expect([...new Set(hashed)].sort()).toEqual([...new Set(delivered)].sort());
  const known = new Set([...components.map((component) => component['bom-ref']), metadata.component['bom-ref']]);
  expect(
    dependencies.flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn]).filter((ref) => !known.has(ref)),
  ).toEqual([]);
}, 120_000);
