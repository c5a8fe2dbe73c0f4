/**
 * Adds the codecs that kafkajs 2.2.4 lacks, through its public interface, for batches that it decodes itself: all of them without the
 * fast paths. It replaces nothing. Nothing here compresses what it sends. Importing this file is enough.
 */
import kafkajs from 'kafkajs';
import { CODEC, decompress } from '../wire/decompress.ts';

// Node finds only the first names of a CommonJS module; the bundler of the tests finds these too.
const { CompressionCodecs } = kafkajs;

for (const codec of [CODEC.snappy, CODEC.lz4, CODEC.zstd]) {
  CompressionCodecs[codec] = () => ({
    compress() {
      throw new TypeError('messages are sent uncompressed');
    },
    decompress: async (bytes: Buffer) => decompress(codec, bytes),
  });
}
