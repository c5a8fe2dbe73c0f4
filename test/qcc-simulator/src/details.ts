import { type Company, court, districtOffice, provinceOffice } from './companies.ts';
import type { Random } from './random.ts';
import { DAY_MS, shanghaiDay } from './shanghai.ts';
import { DEBTOR_ACTIONS, EXCEPTION_REASONS, REMOVAL_REASONS, type Region, VIOLATION_REASONS } from './vocabulary.ts';

/** Which endpoint answers for which type (document 6.2.7 to 6.2.9). */
export const DETAIL_ENDPOINTS = { 2: 'getExceptions', 10: 'getSeriousViolation', 11: 'getShiXinList' } as const;
export type DetailEndpoint = (typeof DETAIL_ENDPOINTS)[keyof typeof DETAIL_ENDPOINTS];

export type DetailRow = Readonly<Record<string, string | number>>;
/** The whole list behind a checkId; without rows QCC answers 201. */
export type Details = { endpoint: DetailEndpoint; rows: readonly DetailRow[] };

export function detailEndpoint(type: string): DetailEndpoint | undefined {
  return type === '2' || type === '10' || type === '11' ? DETAIL_ENDPOINTS[type] : undefined;
}

type Facts = { random: Random; company: Company; removed: boolean; pushedAt: number };

const ROWS = {
  getExceptions: { most: 3, row: exception },
  getSeriousViolation: { most: 2, row: violation },
  getShiXinList: { most: 5, row: debtor },
} as const;

/** One list in twenty is empty; one debtor list in eight runs over several pages, up to 45 rows. */
export function detailsOf(endpoint: DetailEndpoint, facts: Facts): Details {
  const { random } = facts;
  const { most, row } = ROWS[endpoint];
  const empty = random.chance(0.05);
  const long = endpoint === 'getShiXinList' && random.chance(0.125);
  const count = empty ? 0 : long ? random.int(11, 45) : random.int(1, most);
  return { endpoint, rows: Array.from({ length: count }, () => row(facts)) };
}

function exception({ random, company, removed, pushedAt }: Facts): DetailRow {
  const addedAt = pushedAt - random.int(40, 2_000) * DAY_MS;
  const office = districtOffice(company.region);
  return {
    addReason: random.pick(EXCEPTION_REASONS),
    addDate: Math.floor(addedAt / 1_000),
    romoveReason: removed ? random.pick(REMOVAL_REASONS) : '',
    removeDate: removed ? Math.floor((pushedAt - random.int(1, 30) * DAY_MS) / 1_000) : 0,
    decisionOffice: office,
    removeDecisionOffice: removed ? office : '',
  };
}

function violation({ random, company, pushedAt }: Facts): DetailRow {
  return {
    addDate: shanghaiDay(pushedAt - random.int(3, 900) * DAY_MS),
    addOffice: provinceOffice(company.region),
    addReason: random.pick(VIOLATION_REASONS),
  };
}

function debtor({ random, company, pushedAt }: Facts): DetailRow {
  return debtorRow(random, { region: company.region, filedAt: pushedAt - random.int(60, 1_500) * DAY_MS });
}

/** A row of getShiXinList (6.2.9). Its values are text. */
export type DebtorRow = Readonly<
  Record<
    | 'id'
    | 'anno'
    | 'executeGov'
    | 'executeNo'
    | 'executeStatus'
    | 'actionTypeName'
    | 'lianDate'
    | 'amount'
    | 'publicDate',
    string
  >
>;

/** A case that a court of the region filed at an instant, and published 10 to 50 days later. */
export function debtorRow(random: Random, { region, filedAt }: { region: Region; filedAt: number }): DebtorRow {
  const year = Number(shanghaiDay(filedAt).slice(0, 4));
  return {
    id: `${random.hex(32)}2`,
    anno: caseNumber(random, region, year, random.pick(['执', '执恢'])),
    executeGov: court(region),
    executeNo: caseNumber(random, region, year - random.int(0, 3), random.pick(['民初', '民终', '商初'])),
    executeStatus: random.pick(['全部未履行', '部分未履行', '全部已履行']),
    actionTypeName: random.pick(DEBTOR_ACTIONS),
    lianDate: shanghaiDay(filedAt),
    amount: random.chance(0.03) ? '' : `${random.int(1_000, 99_999_999)}.${random.text(2, '0123456789')}`,
    publicDate: shanghaiDay(filedAt + random.int(10, 50) * DAY_MS),
  };
}

/** Mostly with full-width brackets and blanks, as in the document's example; sometimes as other courts write them. */
function caseNumber(random: Random, region: Region, year: number, kind: string): string {
  const [place, number] = [region.code.slice(2), random.int(1, 9_999)];
  return random.chance(0.2)
    ? `(${year})${region.short}${place}${kind}${number}号`
    : `（${year}）${region.short} ${place} ${kind} ${number} 号`;
}
