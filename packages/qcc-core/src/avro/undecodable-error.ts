/** The bytes are not a message of their topic: the magic byte is wrong, the schema is unknown, or the body does not decode. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError';
}
