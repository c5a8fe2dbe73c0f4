import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

/** Where a record stands: the order by its sequence, and the position in its archive. */
export type FeedPosition = { sequence: number; position: number };

export type CheckIds = {
  /** 32 upper-case hexadecimal digits. */
  of(place: FeedPosition): string;
  /** Undefined for what this seed never gave out. */
  placeOf(checkId: string): FeedPosition | undefined;
};

const MARK = 0x71636373_696dn;

/** A checkId is its record's place, enciphered: it looks random, and the record is found without any table. */
export function createCheckIds(seed: string): CheckIds {
  const key = createHash('sha256').update(`${seed}/check-id`).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return {
    of: ({ sequence, position }) => {
      const block = Buffer.alloc(16);
      block.writeUInt32BE(sequence, 0);
      block.writeUInt32BE(position, 4);
      block.writeBigUInt64BE(MARK, 8);
      return cipher.update(block).toString('hex').toUpperCase();
    },
    placeOf: (checkId) => {
      if (!/^[0-9A-F]{32}$/.test(checkId)) return undefined;
      const block = decipher.update(Buffer.from(checkId, 'hex'));
      if (block.readBigUInt64BE(8) !== MARK) return undefined;
      return { sequence: block.readUInt32BE(0), position: block.readUInt32BE(4) };
    },
  };
}
