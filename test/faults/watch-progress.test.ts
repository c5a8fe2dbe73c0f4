import { expect, test } from 'vitest';
import { createProgress } from './watch-progress.ts';

const MINUTE_MS = 60_000;

/** What one order looks like, minute by minute, and whether all services are ready then. Null: it is complete. */
function see(minutes: readonly { shown: string | null; isReady?: boolean }[]) {
  const progress = createProgress();
  for (const [minute, { shown, isReady = true }] of minutes.entries()) {
    progress.note({ at: minute * MINUTE_MS, isReady, open: new Map(shown === null ? [] : [['order', shown]]) });
  }
  return { now: progress.stuck().length, ever: progress.everStuck() };
}

test('an order that is stuck during a row and freed by a later fault counts', () => {
  const stays = Array.from({ length: 4 }, () => ({ shown: 'STORING 5' }));
  expect(see(stays)).toEqual({ now: 1, ever: ['order STORING 5'] });
  expect(see([...stays, { shown: 'STORING 6' }, { shown: null }])).toEqual({ now: 0, ever: ['order STORING 5'] });
});

test('an order does not count while a service is not ready, or while something about it changes', () => {
  const away = [0, 1, 2, 3, 4, 5].map((minute) => ({ shown: 'STORING 5', isReady: minute % 2 === 1 }));
  expect(see(away)).toEqual({ now: 0, ever: [] });
  const moves = [0, 1, 2, 3, 4, 5].map((minute) => ({ shown: `STORING ${minute >> 1}` }));
  expect(see(moves)).toEqual({ now: 0, ever: [] });
});

test('while the ledger cannot be asked, nobody knows that an order is stuck', () => {
  const progress = createProgress();
  const open = new Map([['order', 'STORING 5']]);
  progress.note({ at: 0, isReady: true, open });
  progress.forget();
  progress.note({ at: 3 * MINUTE_MS, isReady: true, open });
  expect(progress.everStuck()).toEqual([]);
});
