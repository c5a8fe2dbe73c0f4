import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;

/**
 * WinZip's AES-256 (https://www.winzip.com/en/support/aes-encryption/): AES in counter mode with a little-endian counter that begins
 * at 1. OpenSSL's counter is big-endian, so the counters are encrypted separately in ECB mode, which is native too.
 * @returns a function that encrypts or decrypts pieces in place, one after the other. The length of each piece, except the last one,
 *   must be a multiple of 16 bytes, and each piece must have its own ArrayBuffer.
 */
export function createWinZipCipher(key: Uint8Array): (piece: Buffer) => void {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  let block = 1;
  return (piece) => {
    const blocks = Math.ceil(piece.length / BLOCK_BYTES);
    const counters = Buffer.alloc(blocks * BLOCK_BYTES);
    // 48 bits are enough for four petabytes.
    for (let at = 0; at < counters.length; at += BLOCK_BYTES) counters.writeUIntLE(block++, at, 6);
    const keystream = cipher.update(counters);
    const words = new Uint32Array(piece.buffer, piece.byteOffset, piece.length >> 2);
    // The cipher's own buffer may begin anywhere.
    const from = keystream.byteOffset % 4 === 0 ? keystream : Buffer.from(new Uint8Array(keystream).buffer);
    const masks = new Uint32Array(from.buffer, from.byteOffset, words.length);
    for (let at = 0; at < words.length; at += 1) words[at]! ^= masks[at]!;
    for (let at = words.length << 2; at < piece.length; at += 1) piece[at]! ^= keystream[at]!;
  };
}
