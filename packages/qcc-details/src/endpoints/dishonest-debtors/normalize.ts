/**
 * 案号 or 执行依据文号 without blanks, with half-width digits, and with （） for brackets of any kind: `(2020)鲁 ０９０２ 执 2168 号`,
 * `〔2020〕鲁0902执2168号` and `（2020）鲁0902执2168号` become equal.
 */
export const normalizeCaseNumber = (text: string): string =>
  text
    .replace(/[０-９]/g, toHalfWidth)
    .replace(/\s+/g, '')
    .replace(/[([【〔［﹙﹝]/g, '（')
    .replace(/[)\]】〕］﹚﹞]/g, '）');

/** Not NFKC, which turns 10² into 102. */
const toHalfWidth = (character: string): string => String.fromCharCode(character.charCodeAt(0) - 0xfee0);

const PLAIN = /^0*(\d{1,18})(?:\.(\d{1,2})0*)?$/;
const GROUPED = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

/**
 * 涉案金额 as a plain decimal of at most 18 digits before and 2 after the point, without thousands separators, leading zeros and zeros after
 * the second decimal place. Null if the text is not such a number, or if two decimal places cannot hold its value.
 */
export function normalizeAmount(text: string): string | null {
  const written = text.replace(/[０-９，．]/g, toHalfWidth).trim();
  const match = PLAIN.exec(GROUPED.test(written) ? written.replaceAll(',', '') : written);
  if (!match) return null;
  const [, whole, fraction] = match;
  return fraction === undefined ? whole! : `${whole}.${fraction}`;
}
