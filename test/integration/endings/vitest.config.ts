/** Runs `holds-a-stack.ts` as an integration test, for the test that interrupts it. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['**/holds-a-stack.ts'],
    setupFiles: 'test/end-with-run.ts',
    globalSetup: 'test/stack-setup.ts',
    testTimeout: 900_000,
  },
});
