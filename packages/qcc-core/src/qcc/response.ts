export type ParsedResponse =
  | { kind: 'response'; code: string; fields: Record<string, unknown> }
  | { kind: 'not-json'; message: string }
  | { kind: 'no-status'; message: string };

/**
 * Reads the body of a response: strict JSON (a raw line break inside a string is a page wrap of the document, not a
 * dialect of QCC's), an object, its status as text whether it came as `"200"` or 200. Every status of the document has
 * three digits: what is longer may be anything, a password too. Blanks around names are cut off, as 6.2.4's example has
 * `" resultList"`. Never looks at `msg`; messages hold nothing of the body.
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

/** Body, result or list, row, field. What is deeper is no business of ours, and may be deep enough to burst the stack. */
const TRIMMED_LEVELS = 4;

/** Where a name stands both trimmed and not, the one without blanks counts. */
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
