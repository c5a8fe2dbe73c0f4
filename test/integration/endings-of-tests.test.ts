import { test } from 'vitest';
import { KAFKA, startCommand } from './endings/command.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'integration tests whose run gets %s leave neither the common stack nor one that a test started',
  async (signal) => {
    const config = 'test/integration/endings/vitest.config.ts';
    using run = startCommand(['node_modules/vitest/vitest.mjs', 'run', '--config', config]);
    const seen = await run.untilRuns([KAFKA, KAFKA]);
    run.process.kill(signal);
    await run.ended;
    await run.untilNothingIsLeft(seen);
  },
);
