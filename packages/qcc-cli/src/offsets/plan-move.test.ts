import { type InputPosition, TRUNCATED } from 'qcc-core/kafka/exactly-once/decide-input-offset';
import { expect, test } from 'vitest';
import { describeMove, type MovePlan, planMove, type Target } from './plan-move.ts';

const POSITION: InputPosition = {
  recorded: 50n,
  recordedTopicId: 'a',
  recordedEpoch: null,
  recordedReason: null,
  topicId: 'a',
  committed: 50n,
  log: { start: 10n, end: 100n },
  agreesUpTo: undefined,
};
const move = (nextOffset: bigint, previousOffset?: bigint): MovePlan => ({ kind: 'move', nextOffset, previousOffset });

test.each<[string, Partial<InputPosition>, Target, MovePlan]>([
  ['an offset of the log', {}, 20n, move(20n, 50n)],
  ['the beginning of the log', {}, 'beginning', move(10n, 50n)],
  ['the end of the log', {}, 'end', move(100n, 50n)],
  ['the end by its number', {}, 100n, move(100n, 50n)],
  ['an offset instead of the one of the group, which is ahead', { committed: 60n }, 55n, move(55n, 60n)],
  ['an offset where none is known', { recorded: undefined, committed: -1n }, 20n, move(20n)],
  ['an offset where the recorded one is beyond the end', { recorded: 101n }, 20n, move(20n)],
  ['an offset of a log whose messages were lost', { recordedTopicId: TRUNCATED }, 20n, move(20n)],
  ['an offset of a topic that was created again', { topicId: 'b' }, 20n, move(20n)],
  ['no offset below the log', {}, 9n, { kind: 'outside', start: 10n, end: 100n }],
  ['no offset beyond the log', {}, 101n, { kind: 'outside', start: 10n, end: 100n }],
])('a person may choose %s', (_name, given, target, expected) => {
  expect(planMove({ ...POSITION, ...given }, target)).toEqual(expected);
});

test.each([
  ['back', 20n, 'goes back from 50 to 20: up to 30 messages are read again', 'a second time', 'reach neither'],
  ['forward', 70n, 'goes forward from 50 to 70: up to 20 messages are skipped', 'reach neither', 'a second time'],
])('going %s says how many messages it concerns, and what that does', (_name, nextOffset, how, what, other) => {
  const text = describeMove('detail-enricher', { kind: 'move', nextOffset, previousOffset: 50n }, 100n);
  expect(text).toContain(how);
  expect(text).toContain(what);
  expect(text).not.toContain(other);
});

test('a choice where no offset is known says what it does either way', () => {
  const text = describeMove('detail-enricher', { kind: 'move', nextOffset: 20n, previousOffset: undefined }, 100n);
  expect(text).toMatch(/from 20 on \(up to 80 messages\)[\s\S]*a second time[\s\S]*reach neither/);
});

test('going back in orders says that finished orders are skipped, and replays are not', () => {
  const text = describeMove('archive-extractor', { kind: 'move', nextOffset: 20n, previousOffset: 50n }, 100n);
  expect(text).toMatch(/extracted already are skipped, but each replay among them/);
});
