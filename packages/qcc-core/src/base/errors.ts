/**
 * An error and what caused it, on one line for people: `could not seal: key is gone: ENOENT …`. Members of an
 * AggregateError (a host with several addresses) are in brackets. A SuppressedError means that closing a resource failed after
 * another error. The text begins with that other error. Secrets are not masked here: the logger does that, see redact.ts.
 */
export function describeError(error: unknown): string {
  const seen = new Set<unknown>();
  const describe = (value: unknown): string => {
    if (!(value instanceof Error)) return String(value);
    if (seen.has(value)) return '(itself)';
    seen.add(value);
    if (value instanceof SuppressedError)
      return `${describe(value.suppressed)}; then, at the end: ${describe(value.error)}`;
    const members = value instanceof AggregateError ? ` (${value.errors.map(describe).join('; ')})` : '';
    const own = `${value.message.trim() || value.name}${members}`;
    const cause = value.cause === undefined ? own : describe(value.cause);
    // A wrapper that only repeats its cause is said once.
    return cause === own ? own : `${own}: ${cause}`;
  };
  return describe(error);
}
