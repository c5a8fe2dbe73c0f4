/**
 * Avro's `int` and `long` (and Kafka's varints): zigzag, seven bits a byte, the lowest first (Avro specification, "Binary
 * Encoding"). Signed integers of 32 bits only.
 */
export function writeLong(target: Buffer, offset: number, value: number): number {
  let rest = zigzag(value);
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = rest | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** How many bytes `writeLong` writes. */
export function sizeOfLong(value: number): number {
  const rest = zigzag(value);
  if (rest < 0x80) return 1;
  if (rest < 0x4000) return 2;
  if (rest < 0x200000) return 3;
  return rest < 0x10000000 ? 4 : 5;
}

/** Reads the value at `cursor.at`, and moves the cursor past it. At or past the end of the bytes, it returns 0. */
export function readLong(bytes: Buffer, cursor: { at: number }): number {
  let rest = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor.at++]!;
    rest |= (byte & 0x7f) << shift;
    if (!(byte >= 0x80)) return (rest >>> 1) ^ -(rest & 1);
  }
}

const zigzag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0;
