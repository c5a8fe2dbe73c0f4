import { test } from 'vitest';
import { KAFKA, startCommand } from './endings/command.ts';

const SENTENCE = 'integration tests whose run gets %s leave neither the common stack nor one that a test started';

async function expectNothingLeft(signal: NodeJS.Signals): Promise<void> {
  const config = 'test/integration/endings/vitest.config.ts';
  using run = startCommand(['node_modules/vitest/vitest.mjs', 'run', '--config', config]);
  const seen = await run.untilRuns([KAFKA, KAFKA]);
  run.process.kill(signal);
  await run.ended;
  await run.untilNothingIsLeft(seen);
}

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(SENTENCE, { tags: 'whole' }, expectNothingLeft);
