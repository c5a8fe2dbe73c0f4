import type { DetailRow } from './details.ts';
import { type Random, randomOf } from './random.ts';
import { shanghaiTime } from './shanghai.ts';

/**
 * What may be odd about the details behind a checkId. `dates`: each date in another form, one in six unreadable. `unknownFields`:
 * fields that the document does not know. `withoutId`: the first debtor has no id. `total`: totalRecords counts three debtors
 * more than there are. `repeatedPage`: each page of debtors is the first one. `emptyList`: where there are no details, 200 with
 * an empty list instead of 201. `brackets`: case numbers have other brackets. `amounts`: an amount is no number. `twice`: the last
 * debtor of the first page is also the first of the second one.
 */
export const DETAIL_ODDITIES = [
  'dates',
  'unknownFields',
  'withoutId',
  'total',
  'repeatedPage',
  'emptyList',
  'brackets',
  'amounts',
  'twice',
] as const;
export type DetailOddity = (typeof DETAIL_ODDITIES)[number];

/** Each a share of the checkIds. */
export type OddDetails = Partial<Record<DetailOddity, number>>;

/** By seed and checkId, so that a list is odd in the same way each time it is asked for. */
export const odditiesOf = (seed: string, checkId: string, shares: OddDetails): ReadonlySet<DetailOddity> =>
  new Set(DETAIL_ODDITIES.filter((oddity) => randomOf(seed, oddity, checkId).chance(shares[oddity] ?? 0)));

/** The rows as QCC answers them, in the order of the rows of the truth. */
export function oddRows(
  rows: readonly DetailRow[],
  oddities: ReadonlySet<DetailOddity>,
  random: Random,
): readonly object[] {
  return rows.map((row, index) => {
    const fields = Object.entries(row).map(([name, value]) => {
      if (oddities.has('dates') && DATES.has(name)) return [name, oddDate(value, random)];
      if (oddities.has('brackets') && CASE_NUMBERS.has(name)) return [name, oddBrackets(String(value), random)];
      if (oddities.has('amounts') && name === 'amount') return [name, random.pick(NO_AMOUNTS)];
      return [name, value];
    });
    const named = oddities.has('withoutId') && index === 0 ? fields.filter(([name]) => name !== 'id') : fields;
    return { ...Object.fromEntries(named), ...(oddities.has('unknownFields') && UNKNOWN_FIELDS) };
  });
}

const DATES: ReadonlySet<string> = new Set(['addDate', 'removeDate', 'lianDate', 'publicDate']);
const CASE_NUMBERS: ReadonlySet<string> = new Set(['anno', 'executeNo']);
const BRACKETS = ['〔〕', '[]', '【】', '［］'];
const NO_AMOUNTS = ['约15万元', '不详', '见判决书'];
const UNKNOWN_FIELDS = { 承办人: '张三', courtLevel: 3, relatedCases: [{ caseNo: '（2020）沪01民终1号' }] };

const FORMS: readonly ((time: string, ms: number) => string | number)[] = [
  (time) => `${time.slice(0, 4)}年${Number(time.slice(5, 7))}月${Number(time.slice(8, 10))}日`,
  (time) => time.slice(0, 10).replaceAll('-', '/'),
  (time) => `${time.replace(' ', 'T')}+08:00`,
  (_, ms) => ms,
  (_, ms) => String(ms),
  () => '不详',
];

function oddBrackets(caseNumber: string, random: Random): string {
  const [open, close] = [...random.pick(BRACKETS)] as [string, string];
  return caseNumber.replace(/[（(]/, open).replace(/[）)]/, close);
}

/** A date of the document, seconds or a day, in another form; 0 is no date and stays. */
function oddDate(value: string | number, random: Random): string | number {
  const form = random.pick(FORMS);
  if (value === 0) return value;
  const ms = typeof value === 'number' ? value * 1_000 : Date.parse(`${value}T00:00:00+08:00`);
  return form(shanghaiTime(ms), ms);
}
