import type { Composed } from '../avro/composed.ts';

/** Bytes that are there already, as a value that is put together when it is sent. */
export const composed = (...pieces: Buffer[]): Composed => ({
  byteLength: pieces.reduce((sum, { length }) => sum + length, 0),
  writeTo: (target, offset) => pieces.reduce((at, piece) => at + piece.copy(target, at), offset),
});
