/** The error at the bottom of a chain of causes. kafkajs wraps the error of the last attempt, often more than once. */
export function innermostCause(error: unknown): unknown {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return innermost;
}

/** The name of the broker's error code in an error of kafkajs, such as `NOT_COORDINATOR_FOR_GROUP`. */
export function protocolErrorType(error: unknown): string | undefined {
  const cause = innermostCause(error);
  return cause instanceof Error && 'type' in cause && typeof cause.type === 'string' ? cause.type : undefined;
}

/** The lane broke before or during a transaction, which has not been committed or whose outcome is unknown. */
export class LaneBrokenError extends Error {
  override readonly name = 'LaneBrokenError';
}
