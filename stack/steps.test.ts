import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followSteps } from './steps.ts';
import { tellWhile } from './tell-while.mjs';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('work that says nothing is told of every five seconds, with the time since it began, until it ends', async () => {
  const told: string[] = [];
  const work = Promise.withResolvers<string>();
  const waiting = tellWhile(work.promise, (elapsed) => told.push(elapsed));
  await vi.advanceTimersByTimeAsync(11_000);
  expect(told).toEqual(['5 s', '10 s']);
  work.resolve('done');
  expect(await waiting).toBe('done');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['5 s', '10 s']);
});

test('a sign of life that fails or takes long harms neither the work nor the next sign', async () => {
  let calls = 0;
  const work = Promise.withResolvers<void>();
  const waiting = tellWhile(work.promise, async () => {
    calls += 1;
    if (calls === 1) throw new Error('du is missing');
    await new Promise(() => {});
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls).toBe(2);
  work.resolve();
  await waiting;
});

test('the parts that are not ready are named with what they do, in one line', async () => {
  const told: string[] = [];
  const steps = followSteps((line) => told.push(line));
  const work = Promise.withResolvers<void>();
  let megabytes = 0;
  steps.of('Kafka')(() => `is fetched from Maven Central, once: ${megabytes} MB`);
  steps.of('ClickHouse')(() => 'starts');
  const waiting = steps.during(work.promise);
  megabytes = 41;
  await vi.advanceTimersByTimeAsync(5_000);
  steps.end('ClickHouse');
  steps.of('Kafka')(() => 'starts');
  await vi.advanceTimersByTimeAsync(5_000);
  steps.end('Kafka');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([
    '  5 s: Kafka is fetched from Maven Central, once: 41 MB, ClickHouse starts',
    '  10 s: Kafka starts',
  ]);
  work.resolve();
  await waiting;
});
