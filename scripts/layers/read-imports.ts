import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { Import } from './import-rules.ts';

/** `from '…'`, `import '…'` and `import('…')`, also of types alone. */
const SPECIFIER = /(?:from|import|import\()\s*'([^'\n]+)'/g;

/** Every import of one of our files by another, in packages and services. */
export function readImports(root: string): Import[] {
  return globSync('{packages,services}/*/src/**/*.ts', { cwd: root }).flatMap((from) =>
    Array.from(readFileSync(join(root, from), 'utf8').matchAll(SPECIFIER)).flatMap(([, specifier]) => {
      const to = resolve(from, specifier!);
      return to === null ? [] : [{ from, to }];
    }),
  );
}

/** Null for a package from the registry and for a module of Node. */
function resolve(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return normalize(join(from, '..', specifier));
  const [name = '', ...rest] = specifier.split('/');
  const base = BASES[name] ?? (name.startsWith('qcc-') ? `packages/${name}` : null);
  return base && `${base}/src/${rest.join('/')}.ts`;
}

/** Of the workspaces that are no package of ours by their name. */
const BASES: Readonly<Record<string, string>> = {
  'callback-gateway': 'services/callback-gateway',
  'archive-extractor': 'services/archive-extractor',
  'detail-enricher': 'services/detail-enricher',
  sink: 'services/sink',
  'qcc-simulator': 'test/qcc-simulator',
};
