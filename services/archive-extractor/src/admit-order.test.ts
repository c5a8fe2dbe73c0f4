import type { Listing } from 'qcc-archive/obtain/order-listing';
import { expect, test } from 'vitest';
import { createAdmitOrder, createRecentFailures } from './admit-order.ts';

const { signal } = new AbortController();

function setUp(listing: Listing) {
  const asked: string[] = [];
  const admitOrder = createAdmitOrder({
    uncheckedPerHour: 2,
    async askListing({ orderNo }) {
      asked.push(orderNo);
      return listing;
    },
  });
  const admit = (orderNo: string, offset: number, source = 'callback') =>
    admitOrder({ orderNo, source, receivedAt: 1 }, { topic: 'orders', partition: 0, offset: String(offset) }, signal);
  return { admit, asked };
}

test.each(['listed', 'unlisted', 'unknown'] as const)(
  'the first orders of an hour go unchecked, and QCC’s list decides about all others, also if they are %s',
  async (listing) => {
    const { admit, asked } = setUp(listing);
    expect([await admit('A', 1), await admit('B', 2), await admit('C', 3)]).toEqual(['listed', 'listed', listing]);
    expect(asked).toEqual(['C']);
  },
);

test('orders of reconcile and replays always go, and leave the number as it is', async () => {
  const { admit, asked } = setUp('unlisted');
  for (let offset = 0; offset < 10; offset += 1)
    expect([await admit('A', offset, 'reconcile'), await admit('A', offset, 'replay')]).toEqual(['listed', 'listed']);
  expect([await admit('B', 10), await admit('C', 11), asked]).toEqual(['listed', 'listed', []]);
});

test('a message that comes again while QCC is away counts once', async () => {
  const { admit, asked } = setUp('unknown');
  for (let time = 0; time < 100; time += 1) expect(await admit('A', 1)).toBe('listed');
  expect([await admit('B', 2), asked]).toEqual(['listed', []]);
});

test('an order is a recent failure until its time is over, counted from the last one', () => {
  let time = 0;
  const failures = createRecentFailures({ ms: 100, now: () => time });
  expect(failures.has('A')).toBe(false);
  failures.note('A');
  time = 60;
  failures.note('A');
  time = 159;
  expect(failures.has('A')).toBe(true);
  time = 160;
  expect(failures.has('A')).toBe(false);
});

test('of any number of orders the newest ten thousand are remembered', () => {
  const failures = createRecentFailures({ ms: 100, now: () => 0 });
  for (let nth = 0; nth <= 10_000; nth += 1) failures.note(String(nth));
  expect([failures.has('0'), failures.has('1'), failures.has('10000')]).toEqual([false, true, true]);
});
