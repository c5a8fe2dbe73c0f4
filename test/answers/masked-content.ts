import type { CompanyTruth } from 'qcc-simulator/lives/season-truth';

/** Types whose text names nobody except the company. A text of type 5 has its names, too. */
const NAMES_NOBODY: ReadonlySet<string> = new Set(['1', '2', '3', '5', '7', '8', '10', '11', '14', '15']);

export type Told = { type: string; company: Pick<CompanyTruth, 'kind'>; text: string };

/**
 * The text of a change as a reader of the masked views sees it (docs/privacy.md). For a sole trader, only the word remains that says what
 * happened.
 */
export function maskedContent({ type, company, text }: Told): string {
  if (!NAMES_NOBODY.has(type)) return '';
  if (company.kind === 'company') return text;
  if (type === '5') return '';
  if (text.includes('移出')) return '移出';
  return /列入|新增/.test(text) ? '列入' : '';
}
