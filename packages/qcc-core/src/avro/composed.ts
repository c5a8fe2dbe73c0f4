/** A value that is encoded directly into the request instead of into a separate buffer. */
export type Composed = {
  byteLength: number;
  /** Writes exactly `byteLength` bytes, and returns where they end. */
  writeTo(target: Buffer, offset: number): number;
};

/** Puts a value into `target`, from `offset` on, and returns where it ends. */
export const writeValue = (value: Buffer | Composed, target: Buffer, offset: number): number =>
  Buffer.isBuffer(value) ? offset + value.copy(target, offset) : value.writeTo(target, offset);

/** The bytes of a value, as they are sent. */
export function bytesOf(value: Buffer | Composed): Buffer;
export function bytesOf(value: Buffer | Composed | null): Buffer | null;
export function bytesOf(value: Buffer | Composed | null): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  const bytes = Buffer.allocUnsafe(value.byteLength);
  value.writeTo(bytes, 0);
  return bytes;
}
