import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Three brokers, or services that are killed again and again: each of these keeps both cores of a small machine busy. */
const ALONE = ['test/faults/cluster.test.ts', 'test/faults/kills.test.ts', 'test/integration/kafka-cluster.test.ts'];

const ON_THE_STACK = {
  globalSetup: 'test/stack-setup.ts',
  // The waits of a test or a hook, one after another, may take as long. So one of them fails first, and says what it waited for.
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

export default defineConfig({
  test: {
    // kafkajs computes timeouts that newer releases of Node warn about.
    execArgv: ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'],
    setupFiles: join(import.meta.dirname, 'test/end-with-run.ts'),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // What takes two seconds on a machine of its own takes more than vitest's five where others are at work.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [
            '{packages,services}/*/src/**/*.test.ts',
            'test/qcc-simulator/src/**/*.test.ts',
            '{scripts,stack}/**/*.test.ts',
            'test/bench/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/{integration,e2e,faults,hostile}/**/*.test.ts'],
          exclude: ALONE,
          // They wait for brokers and groups more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          ...ON_THE_STACK,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          ...ON_THE_STACK,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
