import { type InputPosition, TRUNCATED } from 'qcc-core/kafka/exactly-once/decide-input-offset';
import { expect, test } from 'vitest';
import { describeCommitted, describePosition, type PositionVerdict } from './describe-position.ts';

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
const UNKNOWN = { recorded: undefined, committed: -1n };

test.each<[string, Partial<InputPosition>, boolean, Partial<PositionVerdict>]>([
  ['resumes', {}, true, { canGoOn: true, lag: 50n, text: 'resumes at 50' }],
  ['has lost messages', { recorded: 4n, committed: 4n }, true, { canGoOn: true, lag: 90n }],
  ['is new', UNKNOWN, false, { canGoOn: true, lag: 90n, text: expect.stringContaining('starts at the beginning') }],
  ['has published', UNKNOWN, true, { canGoOn: false, lag: undefined, text: expect.stringContaining('no offset') }],
  ['was reset', { ...UNKNOWN, committed: -2n }, true, { canGoOn: false, text: expect.stringContaining('reset') }],
  [
    'finds its topic created again',
    { topicId: 'b' },
    true,
    { canGoOn: false, text: 'stops: the topic was created again after 50 was recorded' },
  ],
  [
    'found before that messages were lost',
    { recordedTopicId: TRUNCATED, recordedReason: 'the log changed from offset 40 on, and was read up to 50' },
    true,
    {
      canGoOn: false,
      text: 'stops: the brokers lost messages: the log changed from offset 40 on, and was read up to 50',
    },
  ],
  [
    'is beyond the end',
    { recorded: 101n },
    true,
    { canGoOn: false, text: 'stops: the log changed from offset 100 on, and was read up to 101' },
  ],
])('a service that %s is described so', (_name, given, hasPublished, expected) => {
  expect(describePosition({ ...POSITION, ...given }, hasPublished)).toMatchObject(expected);
});

test('a position below the log says how many messages were deleted unread', () => {
  const { text } = describePosition({ ...POSITION, recorded: 4n, committed: 4n }, true);
  expect(text).toBe('resumes at 10, but retention deleted 6 messages before they were read');
});

test.each([
  [-1n, 'none'],
  [-2n, 'reset'],
  [0n, '0'],
])('the offset %s of a group is shown as %s', (offset, text) => {
  expect(describeCommitted(offset)).toBe(text);
});
