import { type AvroTopic, loadSchema } from 'qcc-core/avro/schemas';
import { avroType } from 'qcc-core/avro/types';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import { stringify } from 'yaml';
import {
  type ContractMessage,
  contractMessages,
  isAvroTopic,
  type PublicTopic,
} from '../contract/contract-messages.ts';

type Contract = {
  title: string;
  /** What the key is, for the schema of keys. */
  key: string;
  ordering: string;
  /** Whether a message or a record may come more than once, and what to do then. */
  delivery: string;
  headers?: keyof typeof HEADERS;
};

const ALL_OF_KEY = 'All messages of a key are in one partition, in the order in which they were written.';

/** What the code says nowhere else. A new public topic needs an entry. */
const CONTRACTS: Readonly<Record<PublicTopic, Contract>> = {
  'enriched-records': {
    title: 'Enriched record',
    key: '`corpKeyNo` of the company.',
    ordering: `${ALL_OF_KEY} This is not the order of versions: details may arrive after a newer change of the same id, and a replay arrives at any time. Compare \`version\`, as unsigned bytes.`,
    delivery:
      'Transactions: read with `read_committed`. An occurrence (account, orderNo, revision, position) comes at most twice. If its details take longer than `DETAIL_WAIT_MS`, or if no call may be made, a pending version (`detailStatus` PENDING) comes first. The settled version follows, with a greater `version`, maybe days later. All other occurrences have one message, which is settled. An operator can publish a version again, so ignore a version that is not greater than the one you have.',
    headers: 'traceOrReplay',
  },
  records: {
    title: 'Record',
    key: '`corpKeyNo` of the company.',
    ordering: `${ALL_OF_KEY} There is no \`version\` here: compare records on \`enriched-records\`.`,
    delivery:
      'Transactions: read with `read_committed`. Each occurrence (account, orderNo, revision, position) comes once. A replay publishes an order again, with the next `revision`.',
    headers: 'trace',
  },
  orders: {
    title: 'Order',
    key: '`orderNo`.',
    ordering: ALL_OF_KEY,
    delivery:
      'At least once: the same order may come many times, because callbacks are repeated and the reconcile loop lists orders again. Link and password are sealed, and only the extractor can open them.',
    headers: 'trace',
  },
  'order-events': {
    title: 'Order event',
    key: '`orderNo`.',
    ordering: `${ALL_OF_KEY} Several services write it, so facts of an order may come in any order.`,
    delivery: 'At least once. Each fact is a set of positions, so add the sets together and never add up counts.',
  },
  'dead-letters': {
    title: 'Dead letter',
    key: 'The key of the original message. With the reason ALERT_UNDELIVERED: `target|message id`. A key of more than 1,024 bytes is cut.',
    ordering: 'None that matters.',
    delivery:
      'Extractor and enricher write it in the transaction of their input, so it comes once. The sink writes it at least once; topic, partition and offset in the headers identify it.',
    headers: 'deadLetter',
  },
  portfolio: {
    title: 'Customer',
    key: '`account|portfolio|member`.',
    ordering: `${ALL_OF_KEY} The newest message of a key counts.`,
    delivery:
      'A load of a file is one transaction: a `read_committed` reader sees the old list or the new one. `removed` is true after a customer has left the list. A tombstone removes an erased customer.',
  },
  'erased-records': {
    title: 'Erased record',
    key: '`account|corpKeyNo`, or `account|corpKeyNo|id` if only a name goes from a record.',
    ordering: `${ALL_OF_KEY} The newest message of a key counts. There is no order relative to other topics: look into it before you store a change.`,
    delivery: 'At least once. It stays for ever, because a replay can publish an erased record again.',
  },
};

const header = (description: string, more: object = {}) => ({ type: 'string', description, ...more });
const TRACE = {
  traceparent: header('W3C trace context, if the operator has switched traces on.', {
    pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
    examples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  }),
  tracestate: header('W3C trace context of vendors.', { maxLength: 512 }),
};
const HEADERS = {
  trace: { type: 'object', properties: TRACE },
  traceOrReplay: {
    type: 'object',
    properties: {
      ...TRACE,
      'qcc.replay-of': header('The dead letter that an operator replayed, if the message is such a replay.'),
    },
  },
  deadLetter: {
    type: 'object',
    required: [
      'qcc.dlq.stage',
      'qcc.dlq.reason',
      'qcc.dlq.message',
      'qcc.dlq.topic',
      'qcc.dlq.partition',
      'qcc.dlq.offset',
      'qcc.dlq.time',
    ],
    properties: {
      'qcc.dlq.stage': header('The service that wrote it.'),
      'qcc.dlq.reason': header('Why; see docs/dead-letters.md.'),
      'qcc.dlq.message': header('The same in words.'),
      'qcc.dlq.topic': header('Where the original is, with `TOPIC_PREFIX`.'),
      'qcc.dlq.partition': header('Its partition.'),
      'qcc.dlq.offset': header('Its offset.'),
      'qcc.dlq.time': header('When it was written.', { format: 'date-time' }),
      'qcc.dlq.account': header('The account, if it is known.'),
      'qcc.dlq.digest': header(
        '`true` if the value is JSON with size and hash instead of the original; see docs/dead-letters.md.',
      ),
      'qcc.dlq.orderNo': header('The order, if it is known.'),
      'qcc.dlq.revision': header('Its revision.'),
      'qcc.dlq.position': header('The position of the record in the archive, if it is about one record.'),
      'qcc.dlq.archiveSha256': header(
        'SHA-256 of the archive as it was delivered, if extractor or enricher rejects one record of it.',
      ),
    },
  },
} as const;

const DAY_MS = 86_400_000;
const PUBLIC = Object.values<TopicSpec>(TOPICS).filter(({ visibility }) => visibility === 'public') as (TopicSpec & {
  name: PublicTopic;
})[];

/** The AsyncAPI 3 document of the public topics, as YAML. */
export function renderAsyncApi(): string {
  const yaml = stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 120 });
  // Bytes: YAML forbids these characters unless they are escaped, and the library leaves them. Texts with them are in double quotes.
  const escaped = yaml.replace(/[\u007f-\u009f\u00ad]/g, (each) => `\\x${each.charCodeAt(0).toString(16)}`);
  return `# Generated from schemas/*.avsc and packages/qcc-core/src/contract/topics.ts by \`npm run docs\`.\n${escaped}`;
}

/** The same as an object. */
export function asyncApiDocument(): object {
  const kept = contractMessages();
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'QCC pipeline',
      version: '0.1.0',
      description:
        "The public topics of the QCC pipeline. Values are Avro in Confluent's wire format: a zero byte, the schema id in four bytes, and the Avro binary. Internal topics are not part of this contract.\n\nThe examples are messages that the services wrote for a simulated QCC, as JSON. Bytes are texts of which each character is one byte, as in Avro's JSON encoding.",
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/vnd.apache.avro',
    servers: {
      local: {
        host: '127.0.0.1:9092',
        protocol: 'kafka',
        description: 'The local stack. Topics and subjects of a deployment may have a prefix (`TOPIC_PREFIX`).',
        bindings: {
          kafka: {
            schemaRegistryUrl: 'http://127.0.0.1:8081/apis/ccompat/v7',
            schemaRegistryVendor: 'apicurio',
            bindingVersion: '0.5.0',
          },
        },
      },
    },
    channels: Object.fromEntries(PUBLIC.map((topic) => [topic.name, channelOf(topic)])),
    operations: Object.fromEntries(
      PUBLIC.map(({ name, writers }) => [
        `read-${name}`,
        {
          action: 'send',
          channel: { $ref: `#/channels/${name}` },
          summary: `Written by ${new Intl.ListFormat('en').format(writers)}; subscribers read it.`,
          messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
        },
      ]),
    ),
    components: { messages: Object.fromEntries(PUBLIC.map(({ name }) => [name, messageOf(name, kept[name])])) },
  };
}

function channelOf(topic: TopicSpec & { name: PublicTopic }): object {
  const { name, cleanup, retentionMs, maxMessageBytes, partitions, description } = topic;
  const { ordering, delivery } = CONTRACTS[name];
  const kept = cleanup === 'compact' ? 'the newest message of each key, for ever' : `${retentionMs / DAY_MS} days`;
  const subject = isAvroTopic(name)
    ? `\`${name}-value\`, compatibility FULL_TRANSITIVE, and no field is ever removed`
    : 'none; values are the original bytes';
  return {
    address: name,
    title: CONTRACTS[name].title,
    description: [
      `Holds: ${description}.`,
      `- **Key**: ${CONTRACTS[name].key}`,
      `- **Order**: ${ordering}`,
      `- **Delivery**: ${delivery}`,
      `- **Kept**: ${kept}`,
      `- **Largest message**: ${maxMessageBytes / 1_048_576} MiB`,
      `- **Schema**: ${subject}`,
    ].join('\n'),
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
    bindings: {
      kafka: {
        topic: name,
        partitions,
        topicConfiguration: {
          'cleanup.policy': [cleanup],
          'retention.ms': retentionMs,
          'max.message.bytes': maxMessageBytes,
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function messageOf(name: PublicTopic, examples: readonly ContractMessage[]): object {
  const { title, key, headers } = CONTRACTS[name];
  const isAvro = isAvroTopic(name);
  return {
    name,
    title,
    contentType: isAvro ? 'application/vnd.apache.avro' : 'application/octet-stream',
    ...(headers && { headers: HEADERS[headers] }),
    payload: isAvro
      ? { schemaFormat: 'application/vnd.apache.avro+json;version=1.9.0', schema: loadSchema(name) }
      : {
          type: 'string',
          description:
            'The original bytes. If the header `qcc.dlq.digest` is there: JSON with a size and a hash instead.',
        },
    bindings: {
      kafka: {
        key: { type: 'string', description: key },
        ...(isAvro && { schemaIdLocation: 'payload', schemaIdPayloadEncoding: 'confluent' }),
        bindingVersion: '0.5.0',
      },
    },
    examples: examples.map((example) => ({
      name: example.name,
      summary: `${example.name}; key \`${example.key}\``,
      ...(headers && Object.keys(example.headers).length > 0 && { headers: example.headers }),
      payload: examplePayload(name, Buffer.from(example.value, 'base64')),
    })),
  };
}

const examplePayload = (name: PublicTopic, value: Buffer): unknown =>
  isAvroTopic(name) ? toJson(avroType(name as AvroTopic).fromBuffer(value)) : value.toString('utf8');

/** Bytes as Avro's JSON encoding has them, and plain objects in the place of avsc's. */
function toJson(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}
