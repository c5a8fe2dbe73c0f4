import { expect, test } from 'vitest';
import { decideInputOffset, type InputDecision, type InputPosition, TRUNCATED } from './decide-input-offset.ts';

const LOG = { start: 10n, end: 100n };
const POSITION: InputPosition = {
  recorded: undefined,
  recordedTopicId: 'a',
  recordedEpoch: null,
  recordedReason: null,
  topicId: 'a',
  committed: -1n,
  log: LOG,
  agreesUpTo: undefined,
};
const resume = (nextOffset: bigint, unread = 0n): InputDecision => ({ kind: 'resume', nextOffset, unread });

test.each<[string, Partial<InputPosition>, InputDecision]>([
  ['goes on at the recorded offset', { recorded: 50n, committed: 50n }, resume(50n)],
  ['goes on at the recorded offset if the group has lost its own', { recorded: 50n, committed: -1n }, resume(50n)],
  ['goes on at the recorded offset if a client has reset the group', { recorded: 50n, committed: -2n }, resume(50n)],
  ['goes on at the recorded offset if the group is behind', { recorded: 50n, committed: 20n }, resume(50n)],
  ['follows the group if that is ahead: an older version ran', { recorded: 50n, committed: 60n }, resume(60n)],
  ['takes the offset of the group at the first start after an upgrade', { committed: 60n }, resume(60n)],
  ['goes on at the end of the log', { recorded: 100n, committed: 100n }, resume(100n)],
  [
    'stops if the recorded offset is beyond the end',
    { recorded: 101n },
    { kind: 'logTruncated', nextOffset: 101n, end: 100n },
  ],
  [
    'stops if the offset of the group is beyond the end',
    { committed: 101n },
    { kind: 'logTruncated', nextOffset: 101n, end: 100n },
  ],
  [
    'stops if the log lost messages below the recorded offset, and has grown past it',
    { recorded: 50n, recordedEpoch: 3, agreesUpTo: 47n },
    { kind: 'logTruncated', nextOffset: 50n, end: 47n },
  ],
  [
    'goes on if the leader reports an older end, and its log has the messages',
    { recorded: 101n, recordedEpoch: 3, agreesUpTo: 101n },
    resume(101n),
  ],
  [
    'follows the group that is ahead, whatever became of the messages before the recorded offset: an older version ran',
    { recorded: 50n, recordedEpoch: 3, agreesUpTo: 47n, committed: 60n },
    resume(60n),
  ],
  ['stops if a client has reset the group and nothing is recorded', { committed: -2n }, { kind: 'reset' }],
  [
    'stops if the topic was created again and has grown past the recorded offset',
    { recorded: 50n, committed: -1n, topicId: 'b' },
    { kind: 'recreated', nextOffset: 50n },
  ],
  [
    'starts a topic that was created again if it has read nothing of the former one',
    { recorded: 0n, committed: -1n, topicId: 'b', log: { start: 0n, end: 9n } },
    resume(0n),
  ],
  ['goes on if a version recorded the offset that knew no ids', { recorded: 50n, recordedTopicId: null }, resume(50n)],
  [
    'follows the group that is ahead, also in a topic that was created again: an older version ran',
    { recorded: 50n, committed: 60n, topicId: 'b' },
    resume(60n),
  ],
  ['starts a log that is empty, and was', { log: { start: 0n, end: 0n } }, resume(0n)],
  ['starts behind messages that retention has deleted', { log: { start: 70n, end: 70n } }, resume(70n)],
  ['asks whether it has published before if no offset is known', {}, { kind: 'unknown', firstOffset: 10n }],
  ['says how many messages were deleted unread', { recorded: 4n }, resume(10n, 6n)],
  [
    'stops if an instance found that messages were lost, although the log has grown since',
    { recorded: 50n, committed: 50n, recordedTopicId: TRUNCATED, recordedReason: 'the log changed from offset 40 on' },
    { kind: 'truncated', nextOffset: 50n, reason: 'the log changed from offset 40 on' },
  ],
  [
    'stops if a log that was created again is empty',
    { recorded: 4n, log: { start: 0n, end: 0n } },
    { kind: 'logTruncated', nextOffset: 4n, end: 0n },
  ],
])('a lane %s', (_name, given, expected) => {
  expect(decideInputOffset({ ...POSITION, ...given })).toEqual(expected);
});
