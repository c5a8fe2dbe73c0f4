import { EvidenceError, type EvidenceStore } from 'qcc-evidence/store';
import { expect, test, vi } from 'vitest';
import { pruneDaily } from './prune-daily.ts';

const DAY_MS = 86_400_000;
const NOW = 1_700_000_000_000;

function setUp(list: EvidenceStore['list']) {
  const deleted: string[] = [];
  const store = { list, delete: async (key: string) => void deleted.push(key) } as unknown as EvidenceStore;
  const log = { info: vi.fn(), warn: vi.fn() };
  return { deleted, log, task: pruneDaily({ store, now: () => NOW, log }, { account: 'main', retentionDays: 10 }) };
}

test('what is older than the retention goes when the service starts, and what is not stays', async () => {
  const { deleted, log, task } = setUp(async function* (prefix) {
    if (prefix !== 'answers/main/') return;
    yield { key: 'answers/main/old', bytes: 1, putAt: NOW - 11 * DAY_MS };
    yield { key: 'answers/main/new', bytes: 1, putAt: NOW - 9 * DAY_MS };
  });
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledTimes(1));
  await task[Symbol.asyncDispose]();
  expect(deleted).toEqual(['answers/main/old']);
});

test('an unavailable store is logged and does not end the service', async () => {
  // biome-ignore lint/correctness/useYield: it fails before its first object.
  const { log, task } = setUp(async function* () {
    throw new EvidenceError('unavailable', 'the bucket is gone');
  });
  await vi.waitFor(() => expect(log.warn).toHaveBeenCalledWith(expect.stringContaining('the bucket is gone')));
  await task[Symbol.asyncDispose]();
});
