import { ChildFailedError } from '../../stack/child.ts';

/** What went wrong, for a terminal: with the causes, the output of programs, and what failed after it while things were ended. */
export function explain(error: unknown): string {
  if (error instanceof SuppressedError)
    return `${explain(error.suppressed)}\nThen, at the end: ${explain(error.error)}`;
  if (!(error instanceof Error)) return String(error);
  const output = error instanceof ChildFailedError ? error.stdout.trimEnd() : '';
  const cause =
    error.cause instanceof Error && !error.message.includes(error.cause.message) ? explain(error.cause) : '';
  return [output, error.message, cause].filter(Boolean).join('\n');
}
