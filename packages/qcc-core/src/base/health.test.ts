import { expect, test, vi } from 'vitest';
import { createHealth } from './health.ts';

test('a service is ready once all of its parts are well, and says so once', () => {
  const onChange = vi.fn();
  const health = createHealth({ parts: ['a', 'b'], onChange });
  health.set('a', null);
  expect(health.problems()).toEqual({ b: 'starting' });
  health.set('b', null);
  health.set('b', null);
  expect(health.problems()).toEqual({});
  expect(onChange.mock.calls).toEqual([[true]]);
});

test('a part that the accounts share makes all of them not ready, and ready again', () => {
  const shared = createHealth({ parts: [] });
  const onChange = vi.fn();
  const account = createHealth({ parts: ['start'], parent: shared, onChange });
  account.set('start', null);
  shared.set('Kafka', 'it is away');
  expect(account.problems()).toEqual({ Kafka: 'it is away' });
  shared.set('Kafka', null);
  expect(onChange.mock.calls).toEqual([[true], [false], [true]]);
});

test('what is wrong with one account is nothing to the others', () => {
  const shared = createHealth({ parts: [] });
  const [one, other] = ['one', 'other'].map(() => createHealth({ parts: [], parent: shared }));
  one!.set('QCC', 'it refuses');
  one!.note('ClickHouse', 'at a');
  expect([other!.problems(), other!.notes(), shared.problems()]).toEqual([{}, {}, {}]);
});
