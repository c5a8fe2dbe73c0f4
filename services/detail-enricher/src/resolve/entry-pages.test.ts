import { recordSpans } from 'qcc-core/base/tracing/testing/record-spans';
import { passThroughRecord } from 'qcc-details/testing/details';
import { expect, test } from 'vitest';
import { bareCodec } from '../testing/bare-codec.ts';
import { createPendingTopic } from '../testing/pending-topic.ts';
import { pendingEntry } from '../testing/records.ts';
import { toDetailTask } from './detail-task.ts';
import { createEntryCache, createEntryPages, type EntryLocation, EntryMissingError } from './entry-pages.ts';

const DEPS = { endpoints: [], now: () => 0 };
const entryAt = (position: number, attempts = position) =>
  pendingEntry({ record: passThroughRecord({ position }), attempts });

function setUp({ count = 10, cacheBytes = 1_000_000, pageMessages = 4 } = {}) {
  const topic = createPendingTopic(pageMessages);
  const places: EntryLocation[] = Array.from({ length: count }, (_, position) => {
    const entry = entryAt(position);
    const { key, offset } = toDetailTask(DEPS, entry, topic.add(entry));
    return { key, offset };
  });
  const fetch = { work: topic.readPage };
  const pages = createEntryPages({
    cache: createEntryCache(cacheBytes),
    fetch: (offset) => fetch.work({ offset }),
    codec: bareCodec,
    placeOf: (key) => places.find((place) => place.key === key),
  });
  const positionsRead = async (wanted: readonly number[]) => {
    const entries = await Promise.all(wanted.map((position) => pages.read(places[position]!)));
    return entries.map(({ record, attempts }) => [record.position, attempts]);
  };
  return { topic, places, pages, fetch, positionsRead };
}

test('an entry is read as it is on the topic, and with it its neighbours', async () => {
  const { topic, places, positionsRead } = setUp();
  expect(await positionsRead([2])).toEqual([[2, 2]]);
  expect(await positionsRead([5, 3])).toEqual([
    [5, 5],
    [3, 3],
  ]);
  expect(topic.pagesRead).toEqual([places[2]!.offset]);
});

test('those that are wanted at the same time are read once, in the order of the topic', async () => {
  const { topic, places, positionsRead } = setUp({ pageMessages: 2 });
  expect(await positionsRead([7, 0, 1, 7])).toEqual([
    [7, 7],
    [0, 0],
    [1, 1],
    [7, 7],
  ]);
  // The first begins alone.
  expect(topic.pagesRead).toEqual([7, 0].map((position) => places[position]!.offset));
});

test('an entry that is kept is not read, until there is no room for it', async () => {
  const { topic, places, pages } = setUp({ cacheBytes: 2_500 });
  for (const [position, place] of places.entries()) pages.keep(place, entryAt(position));
  expect((await pages.read(places[9]!)).record.position).toBe(9);
  expect(topic.pagesRead).toEqual([]);
  expect((await pages.read(places[0]!)).record.position).toBe(0);
  expect(topic.pagesRead).toEqual([places[0]!.offset]);
});

test('an entry that is larger than all memory for them is read each time', async () => {
  const { topic, positionsRead } = setUp({ cacheBytes: 100 });
  for (let time = 0; time < 3; time += 1) expect(await positionsRead([4])).toEqual([[4, 4]]);
  expect(topic.pagesRead).toHaveLength(3);
});

test('after compaction an entry is where its newest message is', async () => {
  const { topic, places, pages, positionsRead } = setUp({ cacheBytes: 100 });
  const former = places[1]!.offset;
  places[1]!.offset = topic.add(entryAt(1, 50));
  topic.compact();
  expect(await positionsRead([1, 0])).toEqual([
    [1, 50],
    [0, 0],
  ]);
  await expect(pages.read({ key: places[1]!.key, offset: former })).rejects.toThrow(EntryMissingError);
});

test('an entry whose message is replaced while it is read is read again where it is then', async () => {
  const { topic, places, fetch, positionsRead } = setUp();
  fetch.work = async (place) => {
    fetch.work = topic.readPage;
    places[1]!.offset = topic.add(entryAt(1, 50));
    topic.compact();
    return await topic.readPage(place);
  };
  expect(await positionsRead([1])).toEqual([[1, 50]]);
});

test('an entry that is not there any more, or another one in its place, is missing, and the others are read', async () => {
  const { topic, places, pages } = setUp({ cacheBytes: 100 });
  const another = { key: 'main|another|0|0', offset: places[3]!.offset };
  const reads = await Promise.allSettled([pages.read(another), pages.read(places[4]!)]);
  expect(reads).toMatchObject([
    { status: 'rejected', reason: { name: 'EntryMissingError' } },
    { status: 'fulfilled', value: { record: { position: 4 } } },
  ]);
  topic.empty();
  await expect(pages.read(places[5]!)).rejects.toThrow(`${places[5]!.key} is not at offset ${places[5]!.offset}`);
});

test('a page that cannot be read fails those that wait for it, and the next one is read', async () => {
  const { topic, fetch, positionsRead } = setUp();
  fetch.work = async () => {
    fetch.work = topic.readPage;
    throw new Error('no leader');
  };
  await expect(positionsRead([2])).rejects.toThrow('no leader');
  expect(await positionsRead([2])).toEqual([[2, 2]]);
});

test('what is forgotten is read again', async () => {
  const { topic, places, pages, positionsRead } = setUp();
  await positionsRead([0]);
  pages.forget(places[0]!);
  await positionsRead([0]);
  expect(topic.pagesRead).toHaveLength(2);
});

test('the trace of an entry is read and kept with it, and only while traces are on', async () => {
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const entry = pendingEntry({ record: { ...passThroughRecord({ position: 100 }), trace } });
  const read = async () => {
    const { topic, places, pages } = setUp({ count: 0 });
    const place = toDetailTask(DEPS, entry, topic.add(entry));
    places.push(place);
    const traces = [(await pages.read(place)).record.trace, (await pages.read(place)).record.trace];
    return { traces, pagesRead: topic.pagesRead.length };
  };
  expect(await read()).toEqual({ traces: [undefined, undefined], pagesRead: 1 });
  using _ = recordSpans();
  expect(await read()).toEqual({ traces: [trace, trace], pagesRead: 1 });
});
