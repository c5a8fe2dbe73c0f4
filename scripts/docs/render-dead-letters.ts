import { DEAD_LETTER_REASONS } from 'qcc-core/contract/dead-letter-reasons';

/** The reference page of the reasons, in Markdown. */
export function renderDeadLettersDoc(): string {
  return `# Dead letters

What could not be processed stands on \`dead-letters\` as it was received, and in ClickHouse in \`dead_letters\`. Reasons come
from one closed list in \`packages/qcc-core/src/contract/dead-letter-reasons.ts\`, from which \`npm run docs\` makes this page.

\`npx qcc dead-letters list\` shows those that are open (the view \`dead_letters_open\`): neither replayed nor discarded, nor of an order that was extracted after all or that a person has closed.
\`npx qcc dead-letters replay\` takes them by order, reason, time or id, each once; \`--dry-run\` shows what it would do. What
the extractor refused, and details that were given up, are replayed as their order; any other message goes
once more to its topic, with the header \`qcc.replay-of\`. Letters with \`ORDER_UNLISTED\` or \`ORDER_UNKNOWN\` are replayed only if \`--order\` or
\`--id\` names them. \`npx qcc dead-letters discard\` writes down who decided that nothing more is done: \`--id\` about any dead letter,
\`--order\` and \`--position\` about rejected records. \`npx qcc order close\` settles all dead letters of an order that will not come right.
More than \`DEAD_LETTER_RUN_LIMIT\` in a row stop the consumer of a partition.

| reason | what to do |
|---|---|
${Object.entries(DEAD_LETTER_REASONS)
  .map(([reason, remedy]) => `| \`${reason}\` | ${remedy} |`)
  .join('\n')}

## Digests

A dead letter with the header \`qcc.dlq.digest\` holds JSON instead of the original, which was too large: size (\`bytes\`), \`sha256\` and \`place\`. \`of\` says what was
measured:

- \`original\`: what was received, which is a message, or the bytes of one record in its archive;
- \`avro\`: the record in Avro, because the message with it is too large or Kafka refuses it. The extractor measures the value of the message for \`records\`, the
  enricher the same without the five bytes in front that name the schema. The archive has no bytes with this hash.

If the dead letter is about one record, \`qcc.dlq.archiveSha256\` is the SHA-256 of its archive as QCC delivered it, and \`qcc.dlq.position\` is the record's place in
\`result\`. The evidence store keeps the archive under the order ([Evidence and backups](for-operators.md#evidence-and-backups)), and \`npx qcc dead-letters replay\` reads
the record from there or from QCC again.
`;
}
