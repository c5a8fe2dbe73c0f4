import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // kafkajs computes timeouts that newer releases of Node warn about.
    execArgv: ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'],
    // Tests wait for brokers and for groups more than they compute: one file for each core would leave both idle.
    maxWorkers: 3,
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
          globalSetup: 'test/stack-setup.ts',
          // No less than the waits in a test, or in a hook, may come to one after another: what fails then says which it was.
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
