import { UndecodableError } from '../../avro/undecodable-error.ts';
import { describeError } from '../../base/errors.ts';
import { topicName } from '../../contract/topics.ts';
import { readTopic } from '../client/read-topic.ts';
import { openTable } from './table.ts';

type TableInput<Value> = Parameters<typeof openTable<Value>>[0];
type Given = 'kafka' | 'topic' | 'prefix' | 'group' | 'sessionTimeoutMs' | 'health' | 'log' | 'wants';

/**
 * Calls `onValue` and `onTombstone` for each message of a compacted topic, and then for each that follows until it is disposed. Resolves once
 * they were called for everything that was committed before. Each message is given once, in the order of its key, also if the topic is
 * read again: a value that was erased does not come back. If the topic is created again, its new messages follow those of the former one.
 * A value that does not decode is passed over, and logged.
 * @throws errors of Kafka and of `decode` until it resolves. Later it tries again, and `health` says why.
 */
export async function followTopic<Value>(
  input: Pick<TableInput<Value>, Given> & {
    decode: (bytes: Buffer) => Promise<Value>;
    onValue: (value: Value, key: string) => void;
    onTombstone?: (key: string) => void;
  },
): Promise<AsyncDisposable> {
  const { wants = () => true, decode, onValue, onTombstone, ...table } = input;
  const topic = topicName(input.prefix, input.topic);
  /** By key: the offset of the last message that was given before the table read it. */
  const offsets = new Map<string, bigint>();
  await readTopic({
    kafka: input.kafka,
    prefix: `${input.group}.`,
    topic,
    async onMessage({ offset: at, key, value }) {
      const name = key?.toString() ?? '';
      if (!wants(name)) return;
      const offset = BigInt(at);
      if (value === null) {
        offsets.set(name, offset);
        onTombstone?.(name);
        return;
      }
      const decoded = await decode(value).catch((error: unknown) => {
        if (!(error instanceof UndecodableError)) throw error;
        input.log.error(`${topic}, offset ${offset}: a value is passed over: ${describeError(error)}`);
        return undefined;
      });
      if (decoded === undefined) return;
      offsets.set(name, offset);
      onValue(decoded, name);
    },
  });
  /** Each offset is needed until the table has come as far. Offsets of a topic that is created again later are smaller, and count. */
  const wasGiven = (key: string, offset: bigint): boolean => {
    const given = offsets.get(key);
    if (given === undefined) return false;
    if (offset >= given) offsets.delete(key);
    return offset <= given;
  };
  // The values are in `onValue`'s hands: the table keeps none of them.
  return await openTable<Value, true>({
    ...table,
    wants,
    decode,
    keep: () => true,
    onValue(key, value, offset) {
      if (!wasGiven(key, offset)) onValue(value, key);
    },
    onTombstone(key, offset) {
      if (!wasGiven(key, offset)) onTombstone?.(key);
    },
  });
}
