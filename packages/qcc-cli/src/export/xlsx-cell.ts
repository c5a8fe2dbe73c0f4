import { type Column, textOf, type Value } from './columns.ts';

/** How a cell looks; its place in the list is its number in the file. */
const STYLES = ['plain', 'bold', 'wrapped', 'integer', 'amount', 'day', 'time'] as const;
type Style = (typeof STYLES)[number];

/** `text` is never a formula, and a number of codes never becomes 1.1E+14. */
export type Cell =
  | { is: 'empty' }
  | { is: 'text'; text: string; style: Style; isCut?: true; isNumber?: true }
  | { is: 'number'; digits: string; style: Style };

/** Excel keeps 15 digits of a number. More would be rounded, so those become text. */
const EXCEL_DIGITS = 15;
/** The most characters of a cell. */
export const EXCEL_CHARACTERS = 32_767;
/** The rows of a sheet, the header included. */
export const EXCEL_ROWS = 1_048_576;
const DAY_MS = 86_400_000;
/** Excel counts a 29 February 1900, so that earlier days would be a day off. */
const FIRST_DAY = '1900-03-01';

export function textCell(text: string, style: Style = 'plain'): Cell {
  if (text === '') return { is: 'empty' };
  if (text.length <= EXCEL_CHARACTERS) return { is: 'text', text, style };
  const kept = text.slice(0, EXCEL_CHARACTERS - 1).replace(/[\uD800-\uDBFF]$/, '');
  return { is: 'text', text: `${kept}…`, style, isCut: true };
}

/** The cell of a value: numbers, days and times as Excel's own, times as Beijing's clock shows them. */
export function toCell({ kind }: Column, value: Value): Cell {
  if (typeof value !== 'string') return textCell(textOf(value));
  switch (kind.is) {
    case 'integer':
      return numberCell(value, 'integer');
    case 'decimal':
      return numberCell(value, kind.scale === 0 ? 'integer' : 'amount');
    case 'float':
      return numberCell(value, 'plain');
    case 'day':
      return momentCell(value, 'day');
    case 'time':
      return momentCell(value, 'time');
    case 'bool':
    case 'array':
    case 'json':
    case 'text':
      return textCell(value);
    default: {
      const never: never = kind;
      throw new Error(`unknown kind of column: ${JSON.stringify(never)}`);
    }
  }
}

function numberCell(digits: string, style: Style): Cell {
  const significant = digits.replace(/e.*$/i, '').replace(/\D/g, '').replace(/^0+/, '');
  const isExact = style === 'plain' || significant.replace(/0+$/, '').length <= EXCEL_DIGITS;
  return isExact ? { is: 'number', digits, style } : { is: 'text', text: digits, style: 'plain', isNumber: true };
}

/** `2026-03-16` or `2026-03-16 10:00:00.123` as days since Excel's day 0. Excel has no zones: this is the wall clock. */
function momentCell(text: string, style: 'day' | 'time'): Cell {
  const ms = Date.parse(style === 'day' ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(ms) || text < FIRST_DAY) return textCell(text);
  return { is: 'number', digits: String((ms - Date.UTC(1899, 11, 30)) / DAY_MS), style };
}

export function cellXml(cell: Cell, place: string): string {
  if (cell.is === 'empty') return '';
  const style = cell.style === 'plain' ? '' : ` s="${STYLES.indexOf(cell.style)}"`;
  return cell.is === 'number'
    ? `<c r="${place}"${style}><v>${cell.digits}</v></c>`
    : `<c r="${place}"${style} t="inlineStr"><is><t xml:space="preserve">${escapeXml(cell.text)}</t></is></c>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML has no control characters; Excel writes them as `_x0007_`, and an underscore that would begin such a name as `_x005F_`. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(
      /[\u0000-\u0008\u000B\u000C\u000D\u000E-\u001F\uFFFE\uFFFF]/g,
      (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`,
    )
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);

const MOST_WIDTH = 60;
const LEAST_WIDTH = 8;

/** A width that fits the cells: Chinese characters are as wide as two letters. */
export function widthFor(cells: readonly Cell[]): number {
  const widest = Math.max(0, ...cells.map(widthOf));
  return Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, widest + 2));
}

function widthOf(cell: Cell): number {
  if (cell.is === 'empty') return 0;
  if (cell.is === 'number') return cell.style === 'time' ? 19 : cell.style === 'day' ? 10 : cell.digits.length * 1.4;
  const lines = cell.text
    .split('\n')
    .map((line) => [...line].reduce((sum, letter) => sum + (letter > '\u2E7F' ? 2 : 1), 0));
  // Bold letters are wider.
  return Math.max(...lines) * (cell.style === 'bold' ? 1.1 : 1);
}

const FONT = '<sz val="11"/><name val="等线"/><family val="2"/>';
const FORMATS = { integer: 1, amount: 4, day: 164, time: 165 } as const;

const styleXml = (style: Style): string => {
  if (style === 'bold') return '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>';
  if (style === 'wrapped')
    return '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>';
  const format = style === 'plain' ? 0 : FORMATS[style];
  return `<xf numFmtId="${format}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`;
};

/** 1 is `0` and 4 is `#,##0.00`, which every Excel has. */
export const STYLES_XML = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font>${FONT}</font><font><b/>${FONT}</font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${STYLES.length}">${STYLES.map(styleXml).join('')}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;
