/** One file imports another, both by their paths from the root. */
export type Import = { from: string; to: string };

/** The entries of a folder, in an order in which each may import those to its left. */
type Layers = {
  folder: string;
  entries: readonly string[];
};
const PACKAGES: Layers = {
  folder: 'packages',
  entries: [
    'qcc-core',
    'qcc-portfolio',
    'qcc-subscriber',
    'qcc-alerts',
    'qcc-evidence',
    'qcc-details',
    'qcc-archive',
    'qcc-clickhouse',
    'qcc-cli',
  ],
};
const CORE_FOLDERS: Layers = {
  folder: 'packages/qcc-core/src',
  entries: ['contract', 'base', 'avro', 'kafka', 'qcc', 'service'],
};
const KAFKA_FOLDERS: Layers = {
  folder: 'packages/qcc-core/src/kafka',
  entries: ['wire', 'kafkajs-2.2.4', 'client', 'exactly-once', 'messages'],
};
export const LAYERS: readonly Layers[] = [PACKAGES, CORE_FOLDERS, KAFKA_FOLDERS];

/** The entries of the folder that have no place in its layers: no rule would check their imports. */
export const withoutPlace = ({ entries }: Layers, found: readonly string[]): string[] =>
  found.filter((entry) => entry !== 'testing' && !entries.includes(entry));

type Rule = {
  sentence: string;
  isBroken(one: Import): boolean;
};

/** The rules of the house, each as a sentence that holds. */
export const IMPORT_RULES: readonly Rule[] = [
  {
    sentence: 'no package imports a service',
    isBroken: ({ from, to }) => from.startsWith('packages/') && to.startsWith('services/'),
  },
  {
    sentence: 'no service imports another service',
    isBroken: ({ from, to }) => isIn('services', from) && isIn('services', to) && partOf(from, 1) !== partOf(to, 1),
  },
  {
    sentence: `a package imports only packages to its left: ${PACKAGES.entries.join(', ')}`,
    isBroken: (one) => isUpward(PACKAGES, one),
  },
  {
    sentence: `a folder of qcc-core imports only folders to its left: ${CORE_FOLDERS.entries.join(', ')}`,
    isBroken: (one) => !isForTests(one.from) && isUpward(CORE_FOLDERS, one),
  },
  {
    sentence: `a folder of qcc-core/kafka imports only folders to its left: ${KAFKA_FOLDERS.entries.join(', ')}`,
    isBroken: (one) => !isForTests(one.from) && isUpward(KAFKA_FOLDERS, one),
  },
  {
    sentence: 'product code imports no test and nothing that is for tests',
    isBroken: ({ from, to }) => isProduct(from) && !isForTests(from) && (isForTests(to) || !isProduct(to)),
  },
];

/** The imports that break the rule, as `from → to`. */
export const violations = (rule: Rule, imports: readonly Import[]): string[] =>
  imports.filter((one) => rule.isBroken(one)).map(({ from, to }) => `${from} → ${to}`);

/** Files that import one another in a circle: each such group, sorted (Tarjan's strongly connected components). */
export function findCycles(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const indices = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    const index = indices.size;
    indices.set(file, index);
    lowest.set(file, index);
    path.push(file);
    for (const { to } of targets.get(file) ?? []) {
      if (!indices.has(to)) lowest.set(file, Math.min(lowest.get(file)!, visit(to)));
      else if (path.includes(to)) lowest.set(file, Math.min(lowest.get(file)!, indices.get(to)!));
    }
    if (lowest.get(file) === index) {
      const group = path.splice(path.indexOf(file));
      if (group.length > 1) cycles.push(group.toSorted());
    }
    return lowest.get(file)!;
  };
  for (const file of targets.keys()) if (!indices.has(file)) visit(file);
  return cycles;
}

const partOf = (path: string, at: number): string | undefined => path.split('/')[at];
const isIn = (folder: string, path: string): boolean => path.startsWith(`${folder}/`);
const isProduct = (path: string): boolean => isIn('packages', path) || isIn('services', path);
const isForTests = (path: string): boolean => path.endsWith('.test.ts') || path.includes('/testing/');

/** Both paths are in layers of the folder, and the second one is further to the right. */
function isUpward({ folder, entries }: Layers, { from, to }: Import): boolean {
  const place = (path: string): number =>
    isIn(folder, path) ? entries.indexOf(path.slice(folder.length + 1).split('/')[0]!) : -1;
  return place(from) >= 0 && place(to) > place(from);
}
