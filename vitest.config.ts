import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import { CACHE_DIR } from './stack/places.ts';

// The run starts dozens of brokers and hundreds of services, most for a few seconds. Both settings reduce the processor
// time of a start by a third: no optimizing compiler for Java, and compiled code for Node from the start before.
process.env.JDK_JAVA_OPTIONS ??= '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
process.env.NODE_COMPILE_CACHE ??= join(CACHE_DIR, 'compiled');

/** Three brokers, or services that are killed again and again: two of these keep both cores of a small machine busy. */
const ALONE = ['test/faults/cluster.test.ts', 'test/faults/kills.test.ts', 'test/integration/kafka-cluster.test.ts'];

/** They keep one core busy while the clients of the cluster wait for its brokers. */
const BESIDE_THE_CLUSTER = [
  'test/integration/sink-completeness.test.ts',
  'test/integration/list-spells.test.ts',
  'test/integration/companies.test.ts',
];

/** These start first, so that no worker is left with one of them at the end. */
const LONGEST = [
  'test/integration/kafka-cluster.test.ts',
  'test/faults/kills.test.ts',
  'packages/qcc-cli/src/silent-environment.test.ts',
  'packages/qcc-cli/src/run-cli.test.ts',
  'packages/qcc-core/src/kafka/client/consume.test.ts',
  'test/integration/endings.test.ts',
  'test/integration/subscriber.test.ts',
  'test/integration/hangs.test.ts',
  'test/e2e/coverage.test.ts',
  'test/integration/evidence.test.ts',
  'test/integration/erase-derived.test.ts',
  'test/integration/portfolio-changes.test.ts',
  'test/integration/sink-tables.test.ts',
  'test/integration/roles.test.ts',
  'test/hostile/rows.test.ts',
  'test/integration/detail-budget.test.ts',
  'test/integration/close-trouble.test.ts',
  'test/integration/endings-of-tests.test.ts',
  'test/e2e/day-of-orders.test.ts',
  'test/integration/erase.test.ts',
  'test/integration/audit.test.ts',
  'test/e2e/answers.test.ts',
  'test/integration/change-log.test.ts',
  'test/integration/debtor-cases.test.ts',
  'test/integration/input-offsets.test.ts',
  'test/integration/stalled-orders.test.ts',
  'test/e2e/fast-paths.test.ts',
];

/** Cases with this tag are left out by `npm test`, which has to end within twelve minutes. `npm run test:whole` runs their files, see `scripts/test-form.ts`. */
const WHOLE = 'whole';

class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]) {
    const place = (moduleId: string): number => {
      const index = LONGEST.findIndex((file) => moduleId === join(import.meta.dirname, file));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a.moduleId) - place(b.moduleId));
  }
}

const UNIT = [
  '{packages,services}/*/src/**/*.test.ts',
  'test/qcc-simulator/src/**/*.test.ts',
  '{scripts,stack}/**/*.test.ts',
  'test/{bench,campaign,containers,model}/**/*.test.ts',
];

/** What these tests replace would stay replaced for the others. */
const REPLACES = /\bvi\.(mock|doMock|stubGlobal|stubEnv)\(/;
const ISOLATED = [
  ...globSync(UNIT, { cwd: import.meta.dirname, exclude: (path) => path.includes('node_modules') }).filter((file) =>
    REPLACES.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
  ),
  // undici keeps a real timer from the first test that used it, and this one has a fake clock.
  'packages/qcc-core/src/avro/registry-limits.test.ts',
];

/** What takes two seconds on a machine of its own takes more than vitest's five where others are at work. */
const UNIT_TIMES = { testTimeout: 60_000, hookTimeout: 60_000 };

/** The longest of them wait, for limits of five seconds and the like. */
const UNIT_WORKERS = { maxWorkers: 5, maxConcurrency: 30 };

/** Node loads TypeScript itself, which takes half as long as vitest's loader. */
const LOADED_BY_NODE = { experimental: { viteModuleRunner: false } };

const ON_THE_STACK = {
  ...LOADED_BY_NODE,
  globalSetup: 'test/stack-setup.ts',
  // The waits of a test or a hook, one after another, may take as long. So one of them fails first, and says what it waited for.
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

/** They wait for brokers and groups more than they compute. */
const STACK_WORKERS = { maxWorkers: 4, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    // kafkajs computes timeouts that newer releases of Node warn about.
    execArgv: ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'],
    // A value that a test did not expect is a part of its message, and the list of failures has only the messages.
    chaiConfig: { truncateThreshold: 500 },
    setupFiles: join(import.meta.dirname, 'test/end-with-run.ts'),
    sequence: { sequencer: LongestFirst },
    tags: [{ name: WHOLE, description: 'left out by `npm test`, run by `npm run test:whole`' }],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: UNIT,
          exclude: [...configDefaults.exclude, ...ISOLATED],
          ...UNIT_WORKERS,
          // To import the modules again for each of three hundred files takes longer than the tests.
          isolate: false,
          ...LOADED_BY_NODE,
          ...UNIT_TIMES,
        },
      },
      {
        extends: true,
        // Not loaded by Node, because several of their mocks are not applied then.
        test: { name: 'isolated', include: ISOLATED, ...UNIT_WORKERS, ...UNIT_TIMES },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/{integration,e2e,faults}/**/*.test.ts'],
          exclude: [...ALONE, ...BESIDE_THE_CLUSTER],
          // To import the modules again for each file takes minutes.
          isolate: false,
          ...STACK_WORKERS,
          ...ON_THE_STACK,
        },
      },
      {
        extends: true,
        // One of the attacks counts every connection of its process.
        test: { name: 'hostile', include: ['test/hostile/**/*.test.ts'], ...STACK_WORKERS, ...ON_THE_STACK },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: [...ALONE, ...BESIDE_THE_CLUSTER],
          ...ON_THE_STACK,
          // While the clients of the cluster wait for its brokers, the other worker kills services and asks ClickHouse.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
