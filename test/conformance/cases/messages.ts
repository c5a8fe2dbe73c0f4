import { randomBytes } from 'node:crypto';
import { assertExactly, assertThat, keysOf, messagesOf, readUntil } from '../bed.ts';
import { type Case, ONCE } from '../case.ts';

const LIMIT_BYTES = 100_000;

export const tooLarge: Case = {
  sentence: 'A message above max.message.bytes is refused as too large, and a new producer goes on behind it',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(1, { 'max.message.bytes': String(LIMIT_BYTES) });
    const { client } = await bed.start();
    const producer = await client.openIdempotent();
    const [large] = messagesOf(topic, 1, bed.name('large'));
    const value = randomBytes(2 * LIMIT_BYTES);
    const refused = await producer.send([{ ...large!, value }]).then(
      () => null,
      (error: Error) => error.message,
    );
    assertThat(refused !== null, 'the send of a message that is too large succeeded');
    assertThat(/larg|size/i.test(refused ?? ''), `the refusal does not say why: ${refused}`);
    void producer.close().catch(() => {});
    const next = await client.openIdempotent();
    const small = messagesOf(topic, 1, bed.name('small'), 10);
    await next.send(small);
    assertExactly(await bed.truth.committed(topic), { committed: keysOf(small), never: [large!.key] });
    return [refused ?? ''];
  },
};

/** The brokers compress the messages, so that no client has to write them for another one. */
const readsCodec = (codec: 'gzip' | 'zstd' | 'lz4' | 'snappy'): Case => ({
  sentence: `A topic compressed with ${codec} can be read`,
  rounds: ONCE,
  isShort: false,
  async run(bed) {
    const topic = await bed.topic(1, { 'compression.type': codec });
    const place = { topic, partition: 0 };
    const keys = keysOf(messagesOf(topic, 1, bed.name(codec), 200));
    await bed.truth.put(place, keys, Buffer.from('a value that repeats itself '.repeat(20)));
    const { client } = await bed.start();
    const reader = await client.openReader([{ ...place, offset: 0n }]);
    const seen = await readUntil(
      reader,
      `${keys.length} messages or an error`,
      ({ messages, problems }) => messages.length >= keys.length || problems.length > 0,
      45_000,
    );
    assertThat(seen.messages.length >= keys.length, seen.problems[0] ?? 'messages are missing');
    assertExactly(seen.messages, { committed: keys });
    return [];
  },
});

export const readsGzip = readsCodec('gzip');
export const readsZstd = readsCodec('zstd');
export const readsLz4 = readsCodec('lz4');
export const readsSnappy = readsCodec('snappy');
