/** Bytes that are no message of their topic: wrong magic byte, unknown schema, or a body that does not decode. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError';
}
