/** There is no Docker engine here, and none can be installed. */
export class EngineMissingError extends Error {
  override readonly name = 'EngineMissingError';
}
