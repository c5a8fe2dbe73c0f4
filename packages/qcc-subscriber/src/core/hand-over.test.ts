import { expect, test } from 'vitest';
import { ClosingError } from '../errors.ts';
import { createHandOver } from './hand-over.ts';

const OPEN = new AbortController().signal;
/** Lets everything settle that waits for nothing from outside. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('an item is done when the next one is asked for, and not before', async () => {
  const handOver = createHandOver<number>();
  let isDone = false;
  const handling = handOver.handle(1, OPEN).then(() => {
    isDone = true;
  });
  expect(await handOver.next()).toBe(1);
  await settle();
  expect(isDone).toBe(false);
  const next = handOver.next();
  await handling;
  expect(isDone).toBe(true);
  void handOver.handle(2, OPEN).catch(() => {});
  expect(await next).toBe(2);
});

test('at the end the item in work may become done, and those that wait are not handled', async () => {
  const handOver = createHandOver<number>();
  const [first, second] = [handOver.handle(1, OPEN), handOver.handle(2, OPEN)];
  expect(await handOver.next()).toBe(1);
  handOver.end();
  await expect(second).rejects.toBeInstanceOf(ClosingError);
  expect(await handOver.next()).toBeUndefined();
  await first;
  await expect(handOver.handle(3, OPEN)).rejects.toBeInstanceOf(ClosingError);
});

test('an iterator that is left does not finish its item', async () => {
  const handOver = createHandOver<number>();
  const handling = handOver.handle(1, OPEN);
  await handOver.next();
  handOver.dropCurrent();
  await expect(handling).rejects.toBeInstanceOf(ClosingError);
});

test('an item whose partition is lost is not yielded', async () => {
  const handOver = createHandOver<number>();
  const lost = new AbortController();
  const handling = handOver.handle(1, lost.signal);
  const other = handOver.handle(2, OPEN);
  lost.abort(new Error('lost'));
  await expect(handling).rejects.toThrow('lost');
  expect(await handOver.next()).toBe(2);
  void handOver.next();
  await other;
});

test('an error reaches the iterator that waits, and one that asks later', async () => {
  const handOver = createHandOver<number>();
  const waiting = handOver.next();
  handOver.fail(new Error('broken'));
  await expect(waiting).rejects.toThrow('broken');
  await expect(handOver.next()).rejects.toThrow('broken');
});

test('an item that is withdrawn is not yielded, and one that the iterator has becomes done', async () => {
  const handOver = createHandOver<number>();
  const withdrawn = new AbortController();
  const handling = [1, 2].map((item) => handOver.handle(item, OPEN, withdrawn.signal));
  expect(await handOver.next()).toBe(1);
  withdrawn.abort(new Error('withdrawn'));
  await expect(handling[1]).rejects.toThrow('withdrawn');
  const late = handOver.handle(3, OPEN, withdrawn.signal);
  await expect(late).rejects.toThrow('withdrawn');
  void handOver.next();
  await handling[0];
});
