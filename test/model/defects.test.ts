// @module-tag whole
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DEFECT_CASES } from './defect-cases.ts';
import { putBack } from './defects.ts';
import { describeOutcome, runScript } from './run-script.ts';

vi.mock('node:timers/promises', () => import('./timers-promises.ts'));
vi.mock('qcc-core/kafka/client/send-once', async (real) => (await import('./defects.ts')).sendOnceWith(await real()));
vi.mock('qcc-core/kafka/client/errors', async (real) => (await import('./defects.ts')).errorsWith(await real()));
vi.mock('qcc-core/kafka/client/watch-membership', async (real) =>
  (await import('./defects.ts')).watchMembershipWith(await real()),
);
vi.mock('qcc-core/kafka/client/hung-connections', async (real) =>
  (await import('./defects.ts')).hungConnectionsWith(await real()),
);
vi.mock('qcc-core/kafka/client/consume', async (real) => (await import('./defects.ts')).consumeWith(await real()));
vi.mock('qcc-core/kafka/client/read-positions', async (real) =>
  (await import('./defects.ts')).readPositionsWith(await real()),
);
vi.mock('qcc-core/kafka/exactly-once/table-partition', async (real) =>
  (await import('./defects.ts')).tablePartitionWith(await real()),
);
vi.mock('qcc-core/kafka/kafkajs-2.2.4/topic-id', async (real) =>
  (await import('./defects.ts')).topicIdWith(await real()),
);
vi.mock('qcc-core/kafka/exactly-once/decide-input-offset', async (real) =>
  (await import('./defects.ts')).decideInputOffsetWith(await real()),
);

const LIMIT_MS = 600_000;
/** Without the defect, these scripts are done in a fraction of it. */
const SETTLE_LIMIT_MS = 100_000;

/** One of the first scripts of the seed shows the defect. */
const MOST_SCRIPTS = 15;

describe('the model finds a defect that is put back', () => {
  test.each(DEFECT_CASES)('$defect', { timeout: LIMIT_MS }, async ({ defect, scripts, seed, shows }) => {
    for (const script of fc.sample(scripts, { seed, numRuns: MOST_SCRIPTS })) {
      {
        using _ = putBack(defect);
        const { problems } = await runScript(script, { settleLimitMs: SETTLE_LIMIT_MS });
        if (!shows.test(problems.join('\n'))) continue;
      }
      // Nothing but the defect is to blame.
      const outcome = await runScript(script);
      expect(outcome.problems, describeOutcome(outcome)).toEqual([]);
      return;
    }
    expect.fail(`none of ${MOST_SCRIPTS} scripts shows it`);
  });
});
