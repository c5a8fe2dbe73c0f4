import { UndecodableError } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/base/errors';
import { topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { openTable } from 'qcc-core/kafka/exactly-once/table';

type TableInput<Value> = Parameters<typeof openTable<Value>>[0];
type Given = 'kafka' | 'topic' | 'prefix' | 'owner' | 'sessionTimeoutMs' | 'health' | 'log' | 'onTombstone';

/**
 * Gives all values of a compacted topic, and then each that follows until it is disposed. Resolves once everything was given that was
 * committed before the call. Values and tombstones may be given twice, in their order. A value that does not decode is passed over, and
 * logged.
 */
export async function followTopic<Value>(
  input: Pick<TableInput<Value>, Given> & {
    wants: (key: string) => boolean;
    decode: (bytes: Buffer) => Promise<Value>;
    onValue: (value: Value) => void;
  },
): Promise<AsyncDisposable> {
  const { wants, decode, onValue, onTombstone, ...table } = input;
  const topic = topicName(input.prefix, input.topic);
  await readTopic({
    kafka: input.kafka,
    prefix: input.prefix,
    topic,
    async onMessage({ key, value }) {
      const name = key?.toString() ?? '';
      if (!wants(name)) return;
      if (value === null) {
        onTombstone?.(name);
        return;
      }
      const decoded = await decode(value).catch((error: unknown) => {
        if (!(error instanceof UndecodableError)) throw error;
        input.log.error(`${topic}: the value of ${name} is passed over: ${describeError(error)}`);
        return undefined;
      });
      if (decoded !== undefined) onValue(decoded);
    },
  });
  // The values are in `onValue`'s hands: the table keeps none of them.
  return await openTable<true>({
    ...table,
    wants,
    decode: async (bytes) => {
      onValue(await decode(bytes));
      return true;
    },
    ...(onTombstone && { onTombstone }),
  });
}
