import { test } from 'vitest';
import { openLiveStack } from '../../harness/live-stack.ts';

test('holds a live stack until the run is interrupted', async () => {
  await using _stack = await openLiveStack(() => {}, ['kafka']);
  console.log('the live stack is up');
  await new Promise(() => setInterval(() => {}, 1_000));
});
