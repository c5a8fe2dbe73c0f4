/** One file imports another, both by their paths from the root. */
export type Import = { from: string; to: string };

/** Each may import those to its left. */
const PACKAGES = [
  'qcc-core',
  'qcc-portfolio',
  'qcc-subscriber',
  'qcc-alerts',
  'qcc-evidence',
  'qcc-details',
  'qcc-archive',
  'qcc-clickhouse',
  'qcc-cli',
] as const;
export const CORE_FOLDERS = ['contract', 'base', 'avro', 'kafka', 'qcc', 'service'] as const;
const KAFKA_FOLDERS = ['wire', 'kafkajs-2.2.4', 'client', 'exactly-once', 'messages'] as const;

const CORE = 'packages/qcc-core/src/';
const KAFKA = `${CORE}kafka/`;

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
    sentence: `a package imports only packages to its left: ${PACKAGES.join(', ')}`,
    isBroken: ({ from, to }) => isUpward(PACKAGES, { from, to }, 'packages/'),
  },
  {
    sentence: `a folder of qcc-core imports only folders to its left: ${CORE_FOLDERS.join(', ')}`,
    isBroken: (one) => !isForTests(one.from) && isUpward(CORE_FOLDERS, one, CORE),
  },
  {
    sentence: `a folder of qcc-core/kafka imports only folders to its left: ${KAFKA_FOLDERS.join(', ')}`,
    isBroken: (one) => !isForTests(one.from) && isUpward(KAFKA_FOLDERS, one, KAFKA),
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

/** Both paths are in folders of the list below `base`, and the second one comes later in it. */
function isUpward(folders: readonly string[], { from, to }: Import, base: string): boolean {
  const place = (path: string): number =>
    path.startsWith(base) ? folders.indexOf(path.slice(base.length).split('/')[0]!) : -1;
  return place(from) >= 0 && place(to) > place(from);
}
