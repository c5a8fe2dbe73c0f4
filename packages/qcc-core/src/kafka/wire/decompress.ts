import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

/** A broker with `compression.type` other than `producer` compresses batches again, so readers meet each of these. */
export const CODEC = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** Far above the largest batch that a topic takes (8 MiB). A few kilobytes can hold gigabytes. Snappy expands at most 21 times. */
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
      return decompressLz4(bytes);
    case CODEC.zstd:
      return zstdDecompressSync(bytes, { maxOutputLength: MOST_BYTES });
    default:
      throw new RangeError(`Kafka defines no compression codec ${codec}`);
  }
}

/** The package takes no limit, so the blocks are counted first: none holds more than the frame's header says. */
function decompressLz4(bytes: Buffer): Buffer {
  const { blocks, blockBytes } = readLz4Frame(bytes);
  if (blocks * blockBytes > MOST_BYTES)
    throw new RangeError(`a frame of LZ4 may hold ${blocks} blocks of ${blockBytes} bytes`);
  return decompressFrameSync(bytes);
}

/** @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
function readLz4Frame(bytes: Buffer): { blocks: number; blockBytes: number } {
  const [flags, descriptor] = [bytes.readUInt8(4), bytes.readUInt8(5)];
  const [hasDictionary, hasContentSize, hasBlockChecksums] = [flags & 1, flags & 8, flags & 16];
  let blocks = 0;
  let at = 4 + 2 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0) + 1;
  for (; at + 4 <= bytes.length; blocks += 1) {
    // The highest bit marks a block that is not compressed.
    const length = bytes.readUInt32LE(at) & 0x7fffffff;
    if (length === 0) break;
    at += 4 + length + (hasBlockChecksums ? 4 : 0);
  }
  // 4 is 64 KiB, and each further number four times as much.
  return { blocks, blockBytes: 2 ** (8 + 2 * ((descriptor >> 4) & 7)) };
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
