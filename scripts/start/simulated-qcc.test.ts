import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldCoverage } from 'callback-gateway/coverage/coverage-state';
import { planCoverage } from 'callback-gateway/coverage/plan-coverage';
import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { PUSH_HOURS } from 'qcc-core/contract/domain';
import type { Coverage } from 'qcc-core/kafka/messages/coverage-fact';
import type { ListedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startSimulatedQcc } from './simulated-qcc.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-runs-'));
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** One run of `npm start`: a few orders. Returns what QCC lists at its end. */
async function listAfterRun(ordersFile: string): Promise<ListedOrder[]> {
  await using qcc = await startSimulatedQcc(new URL('http://127.0.0.1:1/qcc/callback'), ordersFile);
  for (let index = 0; index < 3; index += 1) await qcc.createOrder({ records: 1, callback: false });
  return qcc.orders().map(({ orderNo, createDate }) => ({ orderNo, createDate: parseShanghaiDateTime(createDate) }));
}

test.each([
  { what: 'one run after another', files: ['kept', 'kept'], gaps: 0 },
  // How it would be if the simulator forgot its orders: the gateway is right to state a gap.
  { what: 'two simulators that know nothing of each other', files: ['one', 'another'], gaps: 1 },
])('$what: the coverage has $gaps gaps', async ({ files, gaps }) => {
  const facts: Coverage[] = [];
  for (const [index, file] of files.entries()) {
    vi.setSystemTime(Date.UTC(2026, 2, 16, 2 + index));
    const listed = await listAfterRun(join(folder, file));
    facts.push(
      ...planCoverage({
        account: 'simulator',
        listed,
        isDone: () => true,
        state: foldCoverage('simulator', facts),
        at: Date.now() + 1_000,
        pushWindows: PUSH_HOURS,
        graceMs: 0,
      }),
    );
  }
  expect(foldCoverage('simulator', facts).openGaps).toHaveLength(gaps);
});
