import { isJson } from 'qcc-core/base/redact';

/** Fields of records, responses and what is within them that are keys, codes or QCC's own words, and hold no name. */
const NAMELESS: ReadonlySet<string> = new Set([
  'id',
  'corpkeyno',
  'keyno',
  'type',
  'typename',
  'category',
  'categoryname',
  'changedate',
  'checkid',
  'creditcode',
  'regno',
]);

/** Whether the values of a field hold no name, by its name. */
const isNameless = (field: string): boolean => NAMELESS.has(field.trim().toLowerCase());

/**
 * Applies `change` to a text. In JSON, it changes only string values, also those of JSON inside strings. It changes neither names of
 * fields nor the values of fields with keys and codes. It changes any other text as a whole. Except for the changed strings, JSON stays
 * the same, byte for byte.
 */
export function changeTexts(text: string, change: (text: string) => string): string {
  if (!isStructured(text)) return change(text);
  let field: string | null = null;
  return text.replace(TOKEN, (token, content: string | undefined, colon: string | undefined) => {
    if (content === undefined) field = null;
    else if (colon !== undefined) field = content;
    else if (field === null || !isNameless(field)) return `"${changeContent(content, change)}"`;
    return token;
  });
}

/** A bracket of JSON, or a string. If a colon follows, the string is the name of a field. */
const TOKEN = /[{}[\]]|"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/gs;

/** Whether a text is a JSON object or array. Other JSON cannot be distinguished from plain text. */
const isStructured = (text: string): boolean => /^\s*[{[]/.test(text) && isJson(text);

function changeContent(content: string, change: (text: string) => string): string {
  if (!/^\s*[{[]/.test(content)) return change(content);
  const before = JSON.parse(`"${content}"`) as string;
  const after = isStructured(before) ? changeTexts(before, change) : null;
  if (after === null) return change(content);
  return after === before ? content : JSON.stringify(after).slice(1, -1);
}
