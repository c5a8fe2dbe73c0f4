import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { kafkaJsModule } from './guard.ts';
import { LogTruncatedError, unreadDeleted } from './refuse-reset.ts';

const PLACE = { topic: 'order-state', partition: 2 };
type Log = { start: number; end: number };
type Fake = { groupId: string; resolvedOffsets: Record<string, Record<number, string>> };
const { prototype } = kafkaJsModule<{
  prototype: { nextOffset: unknown; setDefaultOffset(this: Fake, place: typeof PLACE): Promise<void> };
}>('consumer/offsetManager/index.js');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/**
 * A consumer that was answered OFFSET_OUT_OF_RANGE.
 * @param answers What the broker says of its log that kafkajs asks: at first, and after each refresh of its metadata.
 * @returns where it goes on.
 */
async function goOn(position: number, responses: readonly [Log, ...Log[]]): Promise<number> {
  let refreshes = 0;
  const consumer = {
    groupId: 'qcc.sink',
    nextOffset: prototype.nextOffset,
    resolvedOffsets: { [PLACE.topic]: { [PLACE.partition]: String(position) } },
    cluster: {
      async refreshMetadata() {
        refreshes += 1;
      },
      async fetchTopicsOffset([asked]: [{ fromBeginning: boolean }]) {
        const log = responses[Math.min(refreshes, responses.length - 1)]!;
        return [{ ...PLACE, partitions: [{ ...PLACE, offset: String(asked.fromBeginning ? log.start : log.end) }] }];
      },
    },
  };
  const done = prototype.setDefaultOffset.call(consumer, PLACE);
  done.catch(() => {});
  await vi.runAllTimersAsync();
  await done;
  return Number(consumer.resolvedOffsets[PLACE.topic]![PLACE.partition]);
}

test('a consumer whose messages were deleted by retention goes on at the start of the log, and says so', async () => {
  const told: unknown[] = [];
  const listen = (deleted: unknown) => void told.push(deleted);
  unreadDeleted.subscribe(listen);
  expect(await goOn(3, [{ start: 5, end: 9 }])).toBe(5);
  expect(await goOn(5, [{ start: 5, end: 9 }])).toBe(5);
  unreadDeleted.unsubscribe(listen);
  expect(told).toEqual([{ ...PLACE, groupId: 'qcc.sink', position: '3', start: '5' }]);
});

test('a consumer that a broker refused which leads no longer goes on where it was', async () => {
  const stale = { start: 0, end: 4 };
  expect(await goOn(9, [stale, { start: 0, end: 12 }])).toBe(9);
});

test('a consumer at the end of a log whose new leader reports an older end goes on where it was', async () => {
  const early = { start: 0, end: 8 };
  expect(await goOn(9, [early, early, early, { start: 0, end: 9 }])).toBe(9);
});

test('a consumer that has read more than the log holds ends', async () => {
  await expect(goOn(9, [{ start: 0, end: 4 }])).rejects.toThrow(LogTruncatedError);
});
