import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTablePartition } from './table-partition.ts';

type Entry = { offset: bigint; key: string; value: string | null };

/** A log, entry by entry; null is a tombstone. */
const logOf = (entries: readonly (readonly [string, string | null])[]): Entry[] =>
  entries.map(([key, value], index) => ({ offset: BigInt(index), key, value }));

/** Compaction of what stands before the offset: only newest values stay, and tombstones go. */
const compact = (log: readonly Entry[], before: bigint): Entry[] =>
  log.filter(
    ({ offset, key, value }) =>
      offset >= before || (value !== null && !log.some((other) => other.key === key && other.offset > offset)),
  );

function openPartition() {
  const partition = createTablePartition(() => new Map<string, string>());
  const told: bigint[] = [];
  return {
    partition,
    told,
    read(log: readonly Entry[]) {
      for (const { offset, key, value } of log) if (partition.apply(offset, key, value, null)) told.push(offset);
    },
    shown: () => Object.fromEntries(partition.entries()),
  };
}

describe('a partition that is read again from its beginning', () => {
  const log = logOf([
    ['gate', 'closed'],
    ['gate', 'open'],
    ['other', 'x'],
    ['gate', 'closed for an hour'],
  ]);

  test('reports nothing again, and never shows an older value', () => {
    const { partition, told, read, shown } = openPartition();
    read(log);
    partition.begin();
    for (const entry of log) {
      read([entry]);
      expect(shown()).toEqual({ gate: 'closed for an hour', other: 'x' });
    }
    read([{ offset: 4n, key: 'gate', value: 'open' }]);
    expect(told).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(shown()).toEqual({ gate: 'open', other: 'x' });
  });

  test('leaves what was handed out before as it was', () => {
    const { partition, read } = openPartition();
    read(log);
    const handedOut = partition.entries();
    partition.begin();
    read([{ offset: 5n, key: 'gate', value: 'open' }]);
    partition.forget();
    read([{ offset: 0n, key: 'gate', value: 'of another topic' }]);
    expect(Object.fromEntries(handedOut)).toEqual({ gate: 'closed for an hour', other: 'x' });
  });

  test('drops a key that was removed meanwhile, even if its tombstone is gone', () => {
    const { partition, read, shown } = openPartition();
    read(log);
    partition.begin();
    // The tombstone of `other` at 4 is compacted away, with everything before it.
    read([{ offset: 5n, key: 'gate', value: 'open' }]);
    expect(shown()).toEqual({ gate: 'open' });
  });

  test('shows what it showed before until it has got as far', () => {
    const { partition, read, shown } = openPartition();
    read(log);
    partition.begin();
    read(log.slice(0, 1));
    partition.begin();
    expect(shown()).toEqual({ gate: 'closed for an hour', other: 'x' });
  });

  test('is shown and told from its beginning if what was read is no longer in the log', () => {
    const { partition, told, read, shown } = openPartition();
    read(log);
    partition.forget();
    read(logOf([['gate', 'new']]));
    expect(shown()).toEqual({ gate: 'new' });
    expect(told).toEqual([0n, 1n, 2n, 3n, 0n]);
  });

  test('keeps its newest values if a new leader knows only a part of the log for a moment', () => {
    const { partition, told, read, shown } = openPartition();
    read(log);
    partition.begin();
    read(log.slice(0, 2));
    expect(shown()).toEqual({ gate: 'closed for an hour', other: 'x' });
    read(log.slice(2));
    expect(shown()).toEqual({ gate: 'closed for an hour', other: 'x' });
    expect(told).toEqual([0n, 1n, 2n, 3n]);
  });
});

describe('a partition whose newest messages the brokers lost', () => {
  const survived = logOf([
    ['p', 'before'],
    ['q', 'x'],
  ]);
  const lost = logOf([
    ['p', 'before'],
    ['q', 'x'],
    ['p', 'lost'],
    ['q', 'lost'],
    ['r', 'lost'],
  ]);

  test('shows the log as it is now from the first message of which it is known that it is new', () => {
    const { partition, read, shown } = openPartition();
    read(lost);
    partition.begin();
    read(survived);
    read([{ offset: 2n, key: 'n', value: 'new' }]);
    expect(shown()).toEqual({ p: 'lost', q: 'lost', r: 'lost' });
    partition.truncate(3n, null);
    read([{ offset: 3n, key: '~marker', value: null }]);
    expect(shown()).toEqual({ p: 'before', q: 'x', n: 'new' });
  });

  test('tells what is new at the offsets of what was lost, if its end was seen', () => {
    const { partition, told, read, shown } = openPartition();
    read(lost);
    partition.truncate(2n, null);
    partition.begin();
    read(survived);
    expect(shown()).toEqual({ p: 'before', q: 'x' });
    read([{ offset: 2n, key: 'n', value: 'new' }]);
    expect(shown()).toEqual({ p: 'before', q: 'x', n: 'new' });
    expect(told).toEqual([0n, 1n, 2n, 3n, 4n, 2n]);
  });

  test('keeps what it has if the log ends where it has read to, or behind', () => {
    const { partition, told, read, shown } = openPartition();
    read(lost);
    partition.truncate(5n, null);
    partition.truncate(9n, null);
    partition.begin();
    read(lost);
    expect(told).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(shown()).toEqual({ p: 'lost', q: 'lost', r: 'lost' });
  });
});

test('a batch that comes again after it was done in part takes nothing back', () => {
  const { told, read, shown } = openPartition();
  const log = logOf([
    ['a', 'old'],
    ['a', 'new'],
    ['a', null],
  ]);
  read(log.slice(0, 2));
  read(log.slice(0, 1));
  expect(shown()).toEqual({ a: 'new' });
  read(log.slice(1));
  expect(shown()).toEqual({});
  expect(told).toEqual([0n, 1n, 2n]);
});

test('whenever it is cut off and the log compacted, it ends as the log says, told of each message at most once and in order', () => {
  const entry = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.string({ maxLength: 2 })));
  const cut = fc.record({ at: fc.nat(40), meanwhile: fc.nat(10), compacted: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), fc.array(cut, { maxLength: 4 }), (entries, cuts) => {
      const { partition, told, read, shown } = openPartition();
      let log = logOf(entries);
      for (const { at, meanwhile, compacted } of cuts) {
        read(log.filter(({ offset }) => offset < at));
        // The newest message of a log is never compacted away.
        if (compacted) log = compact(log, BigInt(Math.min(at + meanwhile, entries.length - 1)));
        partition.begin();
      }
      read(log);
      const newest = new Map(log.map(({ key, value }) => [key, value]));
      expect(shown()).toEqual(Object.fromEntries([...newest].filter(([, value]) => value !== null)));
      expect(told).toEqual([...new Set(told)].sort((a, b) => Number(a - b)));
    }),
  );
});
