import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

/** A broker with `compression.type` other than `producer` compresses batches again, so readers meet each of these. */
export const CODEC = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/**
 * Far above the largest batch that a topic takes (8 MiB). A few kilobytes of zstd or gzip can hold gigabytes. LZ4 and snappy need no
 * limit: they expand at most 255 times.
 */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The records of a batch as they were before compression. Blocks for milliseconds: a batch has at most a few megabytes.
 * @param codec From the batch's attributes.
 * @throws errors of the codecs, and RangeError for a codec that Kafka does not define
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  switch (codec) {
    case CODEC.gzip:
      return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
    case CODEC.snappy:
      return decompressSnappy(bytes);
    case CODEC.lz4:
      return decompressFrameSync(bytes);
    case CODEC.zstd:
      return zstdDecompressSync(bytes, { maxOutputLength: MOST_BYTES });
    default:
      throw new RangeError(`Kafka defines no compression codec ${codec}`);
  }
}

/** How the blocks of snappy-java begin; two numbers follow, its version and the oldest compatible one. */
const XERIAL_MAGIC = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]);
const XERIAL_HEADER_BYTES = XERIAL_MAGIC.length + 4 + 4;

/** Brokers and Java's client write blocks, each behind its length (snappy-java, `SnappyOutputStream`). librdkafka writes plain snappy. */
function decompressSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompressSync(bytes) as Buffer;
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const from = at + 4;
    at = from + bytes.readInt32BE(at);
    if (at < from || at > bytes.length) throw new RangeError('a block of snappy ends behind its batch');
    blocks.push(uncompressSync(bytes.subarray(from, at)) as Buffer);
  }
  return Buffer.concat(blocks);
}
