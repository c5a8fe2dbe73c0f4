import { type Alert, type AlertField, FIELD_NAMES } from './alert.ts';
import type { TextLimit } from './limits.ts';
import type { AlertMessage } from './plan-message.ts';

/** The vendors' robots and mail programs show this at the top. Robots with a keyword (钉钉) can use 企查查. */
export const titleOf = ({ isDigest, alerts: [first, ...others] }: AlertMessage): string =>
  isDigest ? `企查查预警汇总：${others.length + 1} 条` : `企查查预警：${first?.rule ?? ''}`;

/**
 * Characters that robots read as markup, mentions or links become full-width ones, and line breaks become blanks: the texts are QCC's.
 */
export const withoutMarkup = (text: string): string =>
  text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[<>[\]*`#~|@_\\]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))
    .replaceAll('://', '：//');

const fieldLines = ({ fields }: Alert): string[] =>
  Object.entries(fields).map(([field, value]) => `${FIELD_NAMES[field as AlertField]}：${withoutMarkup(value)}`);

const digestLine = ({ rule, fields }: Alert): string =>
  `${withoutMarkup(rule)}：${Object.values(fields).map(withoutMarkup).join('；')}`;

/** Kept free for the line that counts what does not fit, and for the id. */
const RESERVED_BYTES = 240;

/**
 * The lines of a message, within the limit. A digest begins with the number of alerts of each rule. Alerts that do not fit are counted in a
 * line; their number is never lost.
 */
export function renderLines({ id, isDigest, alerts }: AlertMessage, { maxBytes, bytesOf }: TextLimit): string[] {
  const lines: string[] = [];
  let left = maxBytes - RESERVED_BYTES;
  const add = (line: string): boolean => {
    const bytes = bytesOf(line);
    if (bytes > left) return false;
    left -= bytes;
    lines.push(line);
    return true;
  };
  if (!isDigest) {
    for (const line of fieldLines(alerts[0]!))
      if (!add(line)) add(cutToBytes(line, Buffer.byteLength(line) - (bytesOf(line) - left)));
    return [...lines, `编号：${id}`];
  }
  const counts = Map.groupBy(alerts, ({ rule }) => rule);
  const hidden = [...counts].filter(([rule, { length }]) => !add(`${withoutMarkup(rule)}：${length} 条`));
  if (hidden.length > 0) return [...lines, `另有 ${hidden.length} 条规则的预警`, `编号：${id}`];
  let shown = 0;
  for (const alert of alerts) {
    if (!add(digestLine(alert))) break;
    shown += 1;
  }
  const rest = alerts.length - shown;
  return [
    ...lines,
    ...(rest > 0 ? [`另有 ${rest} 条未列出，请在 ClickHouse 视图 changes_masked 中查询`] : []),
    `编号：${id}`,
  ];
}

/** Cut at the end of a character. */
export function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(Math.max(0, maxBytes)));
  return text.slice(0, read);
}
