/**
 * A character, or its JSON escape, escaped any number of times. A pair of surrogates is one character. So is an escaped line break,
 * because its letter does not belong to a word. Other backslashes in a row are one character, so that matching takes linear time.
 */
const CHARACTER = /\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}|\\+u[0-9a-fA-F]{4}|\\+[bfnrt]|\\+|./gsu;
const MARK = /^\p{M}$/u;
/** Points between the parts of a name, as keyboards and databases write them. */
export const POINTS = '·•・･‧∙⋅.．';
export const BLANKS = ' \u00a0\u3000';
export const APOSTROPHES = "'’‘ʼ＇";
/** Names are letters, with points between the parts of some. */
const NAME = /^\p{L}[\p{L}\p{M}· '-]*$/u;
/** A character of a script that separates words. Chinese does not show where a name ends: 张三 is found in 张三丰, too. */
const OF_WORD =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Armenian}\p{Script=Hebrew}\p{Nd}]/u;

/** What is compared as one character: a letter with its marks, composed or not. */
export type NamePart = { source: string; folded: string };

/** Splits a text into characters, each as written and as it is compared. The text is the concatenation of all `source`. */
export function nameParts(text: string): NamePart[] {
  const parts: { source: string; character: string }[] = [];
  for (const source of text.match(CHARACTER) ?? []) {
    const character = unescaped(source);
    const before = parts.at(-1);
    if (before && character > '\u02ff' && MARK.test(character)) {
      before.source += source;
      before.character += character;
    } else parts.push({ source, character });
  }
  return parts.map(({ source, character }) => ({ source, folded: fold(character) }));
}

/** A name as it is hashed: the same however its letters are composed, and whichever points stand between its parts. */
export const foldName = (name: string): string =>
  nameParts(name)
    .map(({ folded }) => folded)
    .join('');

/** Whether a text can be found as a name. Otherwise an erasure of it would be recorded, but nothing would ever be erased. */
export const isName = (folded: string): boolean => NAME.test(folded);

/** Whether a word ends, or a name may, between two characters of a text. */
export const isBorder = (before: NamePart | undefined, after: NamePart | undefined): boolean =>
  !before || !after || !OF_WORD.test(before.folded) || !OF_WORD.test(after.folded);

function unescaped(source: string): string {
  if (source[0] !== '\\' || source.length === 1) return source;
  if (!source.includes('u')) return '\n';
  return source.replace(/\\+u(.{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

function fold(character: string): string {
  if (POINTS.includes(character)) return '·';
  if (APOSTROPHES.includes(character)) return "'";
  return BLANKS.includes(character) ? ' ' : character.normalize('NFC');
}
