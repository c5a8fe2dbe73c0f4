export type ParsedResponse =
  | { kind: 'response'; code: string; fields: Record<string, unknown> }
  | { kind: 'not-json'; message: string }
  | { kind: 'no-status'; message: string };

/**
 * Parses the body of a response. It must be strict JSON (raw line breaks inside strings in the document are page wraps, not a dialect
 * of QCC) and an object. The status is returned as text, whether it came as `"200"` or 200. It must have three digits, like every
 * status of the document, because a longer value may be anything, even a password. Blanks around names are removed, because the
 * example in 6.2.4 has `" resultList"`. `msg` is never read, and error messages contain nothing of the body.
 */
export function parseResponse(body: string): ParsedResponse {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { kind: 'not-json', message: `the response is not JSON (${body.length} characters)` };
  }
  const fields = trimNames(parsed);
  if (!isRecord(fields)) return { kind: 'no-status', message: 'the response is not a JSON object' };
  const { status } = fields;
  const code = typeof status === 'string' || typeof status === 'number' ? String(status).trim() : '';
  if (!/^\d{3}$/.test(code)) return { kind: 'no-status', message: 'the response has no status of three digits' };
  return { kind: 'response', code, fields };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Body, result or list, row, field. Deeper levels are not used, and may be deep enough to overflow the stack. */
const TRIMMED_LEVELS = 4;

/** If a name occurs with and without blanks, the one without blanks counts. */
function trimNames(value: unknown, levels = TRIMMED_LEVELS): unknown {
  if (levels === 0) return value;
  if (Array.isArray(value)) return value.map((child) => trimNames(child, levels - 1));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([name, child]) => [name, trimNames(child, levels - 1)] as const);
  const isTrimmed = ([name]: readonly [string, unknown]) => name === name.trim();
  return Object.fromEntries([
    ...entries.filter((entry) => !isTrimmed(entry)).map(([name, child]) => [name.trim(), child] as const),
    ...entries.filter(isTrimmed),
  ]);
}
