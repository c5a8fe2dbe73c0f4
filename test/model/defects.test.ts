import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DEFECT_CASES, type DefectCase } from './defect-cases.ts';
import { putBack } from './defects.ts';
import { defectsPage, type Finding, wrongLines } from './defects-page.ts';
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
vi.mock('qcc-core/kafka/kafkajs-2.2.4/hide-aborted', async (real) =>
  (await import('./defects.ts')).hideAbortedWith(await real()),
);
vi.mock('qcc-core/kafka/exactly-once/decide-input-offset', async (real) =>
  (await import('./defects.ts')).decideInputOffsetWith(await real()),
);

const LIMIT_MS = 600_000;
/** Without the defect, these scripts are done in a fraction of it. */
const SETTLE_LIMIT_MS = 100_000;

/** One of the first scripts of the seed shows the defect. */
const MOST_SCRIPTS = 15;

const PAGE = join(import.meta.dirname, '../../docs/model.md');
const findings = new Map<string, Finding>();

async function find(input: DefectCase): Promise<void> {
  const { defect, scripts, seed, shows, settleLimitMs = SETTLE_LIMIT_MS } = input;
  for (const [at, script] of fc.sample(scripts, { seed, numRuns: MOST_SCRIPTS }).entries()) {
    let problem: string | undefined;
    {
      using _ = putBack(defect);
      const { problems } = await runScript(script, { settleLimitMs });
      problem = problems.find((each) => shows.test(each));
    }
    if (problem === undefined) continue;
    findings.set(defect, { number: at + 1, script, problem });
    // Nothing but the defect is to blame.
    const outcome = await runScript(script, input.settleLimitMs === undefined ? {} : { settleLimitMs });
    expect(outcome.problems, describeOutcome(outcome)).toEqual([]);
    return;
  }
  expect.fail(`none of ${MOST_SCRIPTS} scripts shows it`);
}

describe('the model finds a defect that is put back', () => {
  const isQuick = ({ isQuick }: DefectCase) => isQuick === true;
  test.each(DEFECT_CASES.filter(isQuick))('$defect', { timeout: LIMIT_MS }, find);
  test.each(DEFECT_CASES.filter((each) => !isQuick(each)))('$defect', { timeout: LIMIT_MS, tags: 'whole' }, find);
});

test('docs/model.md says what the model finds (else: MODEL_PAGE=write npm run test:whole -- model/defects)', () => {
  if (process.env.MODEL_PAGE === 'write') writeFileSync(PAGE, defectsPage(findings));
  expect(wrongLines(readFileSync(PAGE, 'utf8'), findings)).toEqual([]);
});
