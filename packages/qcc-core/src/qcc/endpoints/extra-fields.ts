/** Of the JSON text of one row's extra fields. */
export const EXTRA_MAX_BYTES = 8_192;
const LEFT_OUT = '_leftOut';
/** `,"_leftOut":` and a number. */
const LEFT_OUT_BYTES = 24;

/**
 * Returns the fields that no column holds as one JSON object, in the order in which they came; null if there are none. It has at most
 * `EXTRA_MAX_BYTES`: a field that does not fit is left out, and the member `_leftOut` says how many were. A field of QCC with the
 * name `_leftOut` is left out, too. Values are as JSON.parse reads them: names that are whole numbers come first, and numbers beyond
 * 2^53 lose digits. The kept response has everything as received.
 */
export function extraFields(fields: readonly (readonly [name: string, value: unknown])[]): string | null {
  if (fields.length === 0) return null;
  const members: string[] = [];
  let room = EXTRA_MAX_BYTES - LEFT_OUT_BYTES;
  let leftOut = 0;
  for (const [name, value] of fields) {
    const json = name === LEFT_OUT ? null : jsonText(value);
    const member = json === null ? null : `${JSON.stringify(name)}:${json}`;
    const bytes = member === null ? Number.POSITIVE_INFINITY : Buffer.byteLength(member) + 1;
    if (member === null || bytes > room) {
      leftOut += 1;
      continue;
    }
    members.push(member);
    room -= bytes;
  }
  if (leftOut > 0) members.push(`"${LEFT_OUT}":${leftOut}`);
  return `{${members.join(',')}}`;
}

/** A parsed value as JSON again; null if it is nested so deeply that writing it would overflow the stack. */
export function jsonText(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
