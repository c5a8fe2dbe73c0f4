import { expect, test } from 'vitest';
import { TOPICS, type TopicSpec } from '../../contract/topics.ts';
import { checkTopicConfig, type TopicConfig, topicConfig } from './topic-config.ts';

const PUBLIC = TOPICS.records;
const INTERNAL = TOPICS.orderState;
const check = (spec: TopicSpec, changed: TopicConfig) =>
  checkTopicConfig(spec, { ...topicConfig(spec, 2), ...changed }, { minInsyncReplicas: 2 });

test.each(Object.entries<TopicSpec>(TOPICS))('%s as it is created is as it should be', (_, spec) => {
  expect(check(spec, {})).toEqual({ refused: [], odd: [] });
});

test.each<[string, TopicSpec, TopicConfig]>([
  ['a public topic that is compacted', PUBLIC, { 'cleanup.policy': 'compact' }],
  ['a public topic that is compacted too', PUBLIC, { 'cleanup.policy': 'compact,delete' }],
  ['an internal topic that forgets', INTERNAL, { 'cleanup.policy': 'delete' }],
  ['an internal topic that forgets too', INTERNAL, { 'cleanup.policy': 'compact,delete' }],
])('%s is refused', (_, spec, changed) => {
  expect(check(spec, changed)).toEqual({ refused: [expect.stringContaining('cleanup.policy=')], odd: [] });
});

test.each<[string, TopicSpec, TopicConfig, string[]]>([
  ['less retention', PUBLIC, { 'retention.ms': '86400000' }, ['retention.ms=86400000, not 2592000000']],
  ['retention for ever', PUBLIC, { 'retention.ms': '-1' }, []],
  ['more retention', PUBLIC, { 'retention.ms': '9999999999' }, []],
  ['a retention that compaction ignores', INTERNAL, { 'retention.ms': '1000' }, []],
  ['smaller messages', PUBLIC, { 'max.message.bytes': '1000' }, ['max.message.bytes=1000, not 1048576']],
  ['fewer replicas', PUBLIC, { 'min.insync.replicas': '1' }, ['min.insync.replicas=1, not 2']],
  [
    'batches that the broker compresses again',
    PUBLIC,
    { 'compression.type': 'zstd' },
    ['compression.type=zstd, not producer'],
  ],
  [
    'segments that stay open for a week',
    INTERNAL,
    { 'segment.ms': '604800000' },
    ['segment.ms=604800000, not 3600000'],
  ],
  ['segments that are closed sooner', INTERNAL, { 'segment.ms': '60000' }, []],
  ['segments of a public topic', PUBLIC, { 'segment.ms': '604800000' }, []],
  [
    'compaction that may wait for ever',
    INTERNAL,
    { 'max.compaction.lag.ms': '9223372036854775807' },
    ['max.compaction.lag.ms=9223372036854775807, not 3600000'],
  ],
  ['what the broker does not tell', PUBLIC, { 'retention.ms': null, 'cleanup.policy': null }, []],
])('%s is at most odd', (_, spec, changed, odd) => {
  expect(check(spec, changed)).toEqual({ refused: [], odd });
});
