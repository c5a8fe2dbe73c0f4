import { expect, test } from 'vitest';
import { describeError } from './errors.ts';

const looped = new Error('round');
looped.cause = looped;

test.each([
  ['a lone error is its message', new Error('broken'), 'broken'],
  [
    'causes follow in order',
    new Error('outer', { cause: new Error('middle', { cause: 'inner' }) }),
    'outer: middle: inner',
  ],
  ['a wrapper that repeats its cause is said once', new Error('same', { cause: new Error('same\n') }), 'same'],
  ['an error without a message shows its name', new RangeError(), 'RangeError'],
  [
    'every address of a host that refuses is named',
    new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')]),
    'AggregateError (connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1)',
  ],
  [
    'an error that a failed disposal suppressed comes first',
    new SuppressedError(new Error('cannot close'), new Error('ClickHouse is away', { cause: 'ECONNREFUSED' })),
    'ClickHouse is away: ECONNREFUSED; then, at the end: cannot close',
  ],
  ['a cause that is the error itself ends', looped, 'round: (itself)'],
  ['what is no error is its text', 42, '42'],
])('%s', (_, error, text) => {
  expect(describeError(error)).toBe(text);
});
