/** The subscription has ended because of an error. Offsets of changes that were not handled are not committed. */
export class SubscriptionError extends Error {
  override readonly name: string = 'SubscriptionError';
}

/** All attempts of a handler failed without a dead-letter hook, or a hook failed. */
export class HandlerError extends SubscriptionError {
  override readonly name = 'HandlerError';
}

/** A message is not in the schema of its topic. */
export class UndecodableError extends SubscriptionError {
  override readonly name = 'UndecodableError';
}

/** ClickHouse refused or did not answer while the current state was read. */
export class SnapshotError extends SubscriptionError {
  override readonly name = 'SnapshotError';
}

/** The schema registry did not answer. The message waits. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
}

/** Not for the user: the subscription closes, so the change is not handled. */
export class ClosingError extends Error {
  override readonly name = 'ClosingError';
}

/** Not for the user: the change was erased before its handler was called. */
export class WithdrawnError extends Error {
  override readonly name = 'WithdrawnError';
}
