import { DEAD_LETTER_REASONS } from 'qcc-core/contract/dead-letter-reasons';

/** The reference page of the reasons, in Markdown. */
export function renderDeadLettersDoc(): string {
  return `# Dead letters

The topic \`dead-letters\` and the ClickHouse table \`dead_letters\` hold each message or record that could not be processed, as it was received.
Each has a reason from one closed list in \`packages/qcc-core/src/contract/dead-letter-reasons.ts\`. \`npm run docs\` makes this page from it.

- \`npx qcc dead-letters list\` shows the open ones (the view \`dead_letters_open\`). A dead letter is open until somebody replays or
  discards it, or closes its order. The dead letter of a whole archive is also settled if the order is extracted later.
- \`npx qcc dead-letters replay\` selects them by order, reason, time or id, and replays each once. \`--dry-run\` shows what it would do. If a
  dead letter of the extractor or the enricher is about an order or a record, it replays the order. It sends any other message to its topic again, with the
  header \`qcc.replay-of\`. It replays \`ORDER_UNLISTED\` and \`ORDER_UNKNOWN\` only if \`--order\` or \`--id\` names them.
- \`npx qcc dead-letters discard\` records who decided that nothing more is done: \`--id\` for any dead letter, \`--order\` and \`--position\` for
  rejected records.
- \`npx qcc order close\` settles all dead letters of an order that cannot be completed.

If more than \`DEAD_LETTER_RUN_LIMIT\` messages of a partition in a row become dead letters, the cause is probably the environment. The consumer then stops
writing them, says why on \`/readyz\`, and tries the batch again until the cause is gone.

Records that Kafka refuses also count, except those that wait for details. Failed archives do not count. Records that the extractor rejects because they are
unreadable or too large do not count either. In the enricher, the limit also applies to the records in a row, over all partitions of an instance, whose details fail
because the response is not understood (\`DETAIL_ANSWER_UNKNOWN\`). Beyond the limit, the enricher requests these details again.

| reason | what to do |
|---|---|
${Object.entries(DEAD_LETTER_REASONS)
  .map(([reason, remedy]) => `| \`${reason}\` | ${remedy} |`)
  .join('\n')}

## Digests

A dead letter with the header \`qcc.dlq.digest\` holds JSON instead of the original, because the original was too large or Kafka refused the message. The JSON has the
size (\`bytes\`), \`sha256\` and \`place\`. Its field \`of\` says what was measured:

- \`original\`: what was received, which is a message, or the bytes of one record in its archive;
- \`avro\`: the record in Avro, because the message with it is too large or Kafka refuses it. The extractor measures the value of the message for \`records\`. The
  enricher measures this value without its first five bytes, which name the schema. The archive has no bytes with this hash.

If the dead letter is about one record, \`qcc.dlq.archiveSha256\` is the SHA-256 of its archive as QCC delivered it, and \`qcc.dlq.position\` is the record's place in
\`result\`. The evidence store keeps the archive under the order ([Evidence and backups](for-operators.md#evidence-and-backups)), and \`npx qcc dead-letters replay\` uses it
if QCC no longer has the archive.
`;
}
