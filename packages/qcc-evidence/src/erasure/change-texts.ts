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
 * A text with what people wrote in it changed: of JSON, the texts that are values, also in JSON within them, but neither names
 * of fields nor values of those that hold keys and codes; of any other text, all of it. But for the changed texts, JSON
 * stays byte by byte.
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

/** What opens or closes within JSON, or a string, which is a field's name where a colon follows. */
const TOKEN = /[{}[\]]|"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/gs;

/** An object or a list: of any other JSON nothing tells it from a text. */
const isStructured = (text: string): boolean => /^\s*[{[]/.test(text) && isJson(text);

function changeContent(content: string, change: (text: string) => string): string {
  if (!/^\s*[{[]/.test(content)) return change(content);
  const before = JSON.parse(`"${content}"`) as string;
  const after = isStructured(before) ? changeTexts(before, change) : null;
  if (after === null) return change(content);
  return after === before ? content : JSON.stringify(after).slice(1, -1);
}
