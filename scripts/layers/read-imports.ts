import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import type { Import } from './import-rules.ts';

/** `from '…'`, `import '…'` and `import('…')`, also of types alone. */
const SPECIFIER = /(?:from|import|import\()\s*'([^'\s]+)'/g;

/**
 * Every import of one of our files by another, in packages and services. If no `package.json` lists the imported package, `to` is the name as
 * written, which is the path of no file.
 */
export function readImports(root: string): Import[] {
  const known = readPackages(root);
  return globSync('{packages,services}/*/src/**/*.ts', { cwd: root }).flatMap((from) =>
    Array.from(readFileSync(join(root, from), 'utf8').matchAll(SPECIFIER)).flatMap(([, specifier]) => {
      const to = resolve(known, from, specifier!);
      return to === null ? [] : [{ from, to }];
    }),
  );
}

type Manifest = { name: string } & Partial<
  Record<'dependencies' | 'devDependencies', Record<string, string>> & { workspaces: string[] }
>;

type Packages = {
  /** The folder of each workspace, by its name. */
  ours: ReadonlyMap<string, string>;
  registry: ReadonlySet<string>;
};

function readPackages(root: string): Packages {
  const read = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const top = read('package.json');
  const paths = globSync(
    top.workspaces!.map((folder) => `${folder}/package.json`),
    { cwd: root },
  );
  const ours = new Map(paths.map((path) => [read(path).name, dirname(path)]));
  const listed = [top, ...paths.map(read)].flatMap(({ dependencies, devDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies }),
  );
  return { ours, registry: new Set(listed.filter((name) => !ours.has(name))) };
}

/** Null for a package from the registry and for a module of Node. */
function resolve({ ours, registry }: Packages, from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return normalize(join(from, '..', specifier));
  const [name, ...rest] = specifier.match(/^@[^/]+\/[^/]+|[^/]+/g)!;
  const folder = ours.get(name);
  if (folder) return `${folder}/src/${rest.join('/')}.ts`;
  return isBuiltin(specifier) || registry.has(name) ? null : specifier;
}
