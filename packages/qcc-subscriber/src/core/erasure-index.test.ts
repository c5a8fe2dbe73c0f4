import { expect, test } from 'vitest';
import { changeRecord, erasure } from '../testing/change-record.ts';
import { createErasureIndex } from './erasure-index.ts';

const RECORD = changeRecord({ corpKeyNo: 'k1', id: 'r1' });

test.each([
  { what: 'its company', given: erasure({ corpKeyNo: 'k1' }), topic: true, history: true },
  { what: 'a name in it', given: erasure({ corpKeyNo: 'k1', id: 'r1', extent: 'NAME' }), topic: true, history: false },
  {
    what: 'it, to an unknown extent',
    given: erasure({ corpKeyNo: 'k1', id: 'r1', extent: 'X' }),
    topic: true,
    history: true,
  },
  { what: 'another company', given: erasure({ corpKeyNo: 'k2' }), topic: false, history: false },
  {
    what: 'another record',
    given: erasure({ corpKeyNo: 'k1', id: 'r2', extent: 'NAME' }),
    topic: false,
    history: false,
  },
  { what: 'the company in another account', given: erasure({ account: 'b' }), topic: false, history: false },
])('a record is erased as the extent says: the erasure is about $what', ({ given, topic, history }) => {
  const index = createErasureIndex();
  index.apply('key', given);
  expect([index.isErased(RECORD, 'topic'), index.isErased(RECORD, 'history')]).toEqual([topic, history]);
});

test('each erasure is pending until it is handled, and once more if it comes with another time', () => {
  const index = createErasureIndex();
  const [first, second, other] = [erasure({ erasedAt: 1 }), erasure({ erasedAt: 2 }), erasure({ corpKeyNo: 'k2' })];
  index.apply('main|k1', first);
  index.apply('main|k2', other);
  expect(index.pending()).toEqual([first, other]);
  index.markHandled(first);
  expect(index.pending()).toEqual([other]);
  index.apply('main|k1', second);
  expect(index.pending()).toEqual([other, second]);
  expect(index.isErased(RECORD, 'topic')).toBe(true);
});

test('a tombstone takes an erasure back', () => {
  const index = createErasureIndex();
  index.apply('main|k1', erasure());
  index.apply('main|k1', null);
  expect(index.pending()).toEqual([]);
  expect(index.isErased(RECORD, 'topic')).toBe(false);
});
