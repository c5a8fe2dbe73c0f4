import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';

const DAY_MS = 24 * 60 * 60 * 1_000;
const MIB = 1_048_576;

/** The reference page of the topics, in Markdown. */
export function renderTopicsDoc(): string {
  const rows = Object.values<TopicSpec>(TOPICS).map((topic) => {
    const retention = topic.cleanup === 'compact' ? 'newest per key' : `${topic.retentionMs / DAY_MS} days`;
    return `| \`${topic.name}\` | ${topic.visibility} | ${topic.key.replaceAll('|', '\\|')} | ${topic.partitions} | ${topic.cleanup} | ${retention} | ${topic.maxMessageBytes / MIB} MiB | ${topic.writers.join(', ')} | ${topic.description} |`;
  });
  return `# Topics

Names without \`TOPIC_PREFIX\`. Values are Avro in Confluent's wire format (subject \`TOPIC-value\`), from \`schemas/*.avsc\`;
\`dead-letters\` holds the original bytes. Internal topics are the pipeline's own and may change. \`npx qcc dead-letters replay\` also writes to the topic that a dead letter comes
from, if it is not replayed as an order. This page is generated from
\`packages/qcc-core/src/contract/topics.ts\` by \`npm run docs\`.

All topics have \`compression.type=producer\`. If a broker recompressed batches, it and each reader would do extra work.
The services can read gzip, snappy, lz4 and zstd. Compacted topics have \`segment.ms\` and \`max.compaction.lag.ms\` of one hour,
because a service reads them whole when it starts: with the brokers' defaults, a week of old values stays. A topic of an earlier version
keeps its configuration, and services and \`npx qcc doctor\` name the difference. To change it:

\`\`\`sh
kafka-configs.sh --bootstrap-server HOST:PORT --alter --topic order-state --add-config segment.ms=3600000,max.compaction.lag.ms=3600000
\`\`\`

| topic | for | key | partitions | cleanup | retention | largest message | written by | what it holds |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
