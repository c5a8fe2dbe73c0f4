import { type Checks, checkInput, flag, InputError, text } from '../check-input.ts';
import type { CompanyKind } from '../companies.ts';
import type { Feed } from '../feed.ts';
import { type Corruption, isLater, type Order } from '../orders.ts';
import { DAY_MS, parseTime, shanghaiDay } from '../shanghai.ts';
import type { Region } from '../vocabulary.ts';
import { type CaseTruth, casesOf } from './case-truth.ts';
import type { DetailState, Life, LifeChange } from './life.ts';
import { type Occurrence, occurrencesOf, type Pushed, pushedIn } from './occurrence.ts';
import { type Spell, spellsOf } from './spells.ts';
import type { Direction } from './tell.ts';

export type SeasonTruthRequest = {
  /** Only what was pushed up to then: Shanghai time or ISO instant. A day alone means the end of that day. */
  asOf?: string;
  /** Whether records of corrupt orders count. `false` unless said: nobody can read them. */
  withCorrupt?: boolean;
};

/** Everything that QCC pushed so far in orders of seasons. Days are Shanghai days. */
export type SeasonTruth = {
  /** By pushDate, corrupt ones too. */
  orders: OrderTruth[];
  /** Those with at least one record that counts. */
  companies: CompanyTruth[];
  cases: CaseTruth[];
  /** corpKeyNo of the companies of the population without such a record. */
  unseen: string[];
};

export type OrderTruth = {
  orderNo: string;
  pushDate: string;
  /** Its number in the order of sending. */
  number: number;
  isLate: boolean;
  callback: boolean;
  /** Null for an archive that can be read. */
  corrupt: Corruption | null;
  records: { position: number; id: string; corpKeyNo: string; type: string }[];
};

export type CompanyTruth = {
  corpKeyNo: string;
  /** Of the record that was pushed last. */
  corpName: string;
  /** Names before announced changes, the oldest first, with the day of the change. */
  formerNames: { name: string; until: string; id: string }[];
  kind: CompanyKind;
  /** As records carry it; null where none does so far. */
  creditCode: string | null;
  hasWrongCheckDigit: boolean;
  regNo: string | null;
  region: Region;
  /** Null before the first announced change. */
  representative: string | null;
  representativeChanges: { from: string; to: string; day: string; id: string }[];
  revoked: { day: string; text: string; id: string } | null;
  spells: Spell[];
  /** Ids of the cases in its lists. */
  cases: string[];
  changes: ChangeTruth[];
};

/** A change with the values of its newest occurrence. */
export type ChangeTruth = {
  id: string;
  type: string;
  direction: Direction;
  category: string;
  text: string;
  changeDate: string;
  /** When it happened. QCC tells this day for type 1 only. */
  day: string;
  hasCheckId: boolean;
  details: DetailState;
  /** 0: QCC answers 201. Null: there is nothing to ask. */
  detailRows: number | null;
  firstPushed: { orderNo: string; pushDate: string };
  /** By pushDate, the newest last. */
  occurrences: OccurrenceTruth[];
};

export type OccurrenceTruth = Pushed & {
  corrupt: Corruption | null;
  direction: Direction;
  category: string;
  text: string;
  changeDate: string;
  /** The date in 监测内容附加信息. Null if there is none. */
  eventDate: string | null;
  corpName: string;
  /** Null if the record has none. */
  creditCode: string | null;
  regNo: string | null;
  hasCheckId: boolean;
  details: DetailState;
  detailRows: number | null;
};

const TRUTH_CHECKS: Checks<SeasonTruthRequest> = { asOf: text, withCorrupt: flag };

/**
 * The truth of all orders of seasons among `orders`. A fact counts from the first record that announces it or whose details
 * have it; where records differ, the greatest pushDate wins, then orderNo, then position.
 * @throws InputError
 */
export function seasonTruth(feed: Feed, orders: readonly Order[], request: unknown): SeasonTruth {
  const { asOf, withCorrupt = false } = checkInput<SeasonTruthRequest>('season truth', TRUTH_CHECKS, request);
  const until = asOf === undefined ? Number.POSITIVE_INFINITY : endOf(asOf);
  const pushed = orders.filter(({ slice, pushedAt }) => slice !== null && pushedAt <= until);
  const counted = [
    ...occurrencesOf(
      feed,
      pushed.filter(({ corrupt }) => withCorrupt || corrupt === null),
    ),
  ];
  const cases = casesOf(counted);
  const casesByCompany = Map.groupBy(
    cases.flatMap(({ id, companies }) => companies.map((corpKeyNo) => ({ id, corpKeyNo }))),
    ({ corpKeyNo }) => corpKeyNo,
  );
  const byLife = Map.groupBy(counted, ({ push }) => push.change.life);
  const population = new Set(pushed.flatMap(({ slice }) => [...(slice?.lives ?? [])]));
  return {
    orders: pushed.toSorted((a, b) => (isLater(a, b) ? 1 : -1)).map(orderTruth),
    companies: [...byLife].map(([life, occurrences]) => {
      const { corpKeyNo } = life.company;
      return { ...companyTruth(life, occurrences), cases: (casesByCompany.get(corpKeyNo) ?? []).map(({ id }) => id) };
    }),
    cases,
    unseen: [...population].filter((life) => !byLife.has(life)).map(({ company }) => company.corpKeyNo),
  };
}

function endOf(asOf: string): number {
  try {
    return parseTime(asOf) + (asOf.length === 10 ? DAY_MS - 1 : 0);
  } catch (error) {
    throw new InputError(`season truth: asOf ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}

function orderTruth({ orderNo, pushDate, corrupt, callback, slice }: Order): OrderTruth {
  const { number, isLate, pushes } = slice!;
  const records = pushes.map(({ change: { id, type, life } }, position) => {
    return { position, id, corpKeyNo: life.company.corpKeyNo, type };
  });
  return { orderNo, pushDate, number, isLate, callback, corrupt, records };
}

function companyTruth(life: Life, occurrences: readonly Occurrence[]): Omit<CompanyTruth, 'cases'> {
  const { corpKeyNo, kind, region } = life.company;
  const changes = Map.groupBy(occurrences, ({ push }) => push.change);
  const announced = newsOf([...changes.keys()]);
  return {
    corpKeyNo,
    corpName: String(occurrences.at(-1)!.element.corpName),
    formerNames: announced.names,
    kind,
    creditCode: carried(occurrences, 'creditCode'),
    hasWrongCheckDigit: life.hasWrongCode,
    regNo: carried(occurrences, 'regNo'),
    region,
    representative: announced.representatives.at(-1)?.to ?? null,
    representativeChanges: announced.representatives,
    revoked: announced.revoked,
    spells: spellsOf(occurrences),
    changes: [...changes].map(([change, of]) => changeTruth(change, of)),
  };
}

/** The newest value that is not empty. */
function carried(occurrences: readonly Occurrence[], field: 'creditCode' | 'regNo'): string | null {
  return occurrences.map(({ element }) => textOf(element[field])).findLast((value) => value !== null) ?? null;
}

const textOf = (value: unknown): string | null => String(value ?? '') || null;

type Announced = {
  names: CompanyTruth['formerNames'];
  representatives: CompanyTruth['representativeChanges'];
  revoked: CompanyTruth['revoked'];
};

/** The register's history as the changes of one company announce it, the oldest first. */
function newsOf(changes: readonly LifeChange[]): Announced {
  const announced: Announced = { names: [], representatives: [], revoked: null };
  for (const { id, news, happenedAt } of changes.toSorted((a, b) => a.number - b.number)) {
    const day = shanghaiDay(happenedAt);
    if (news.kind === 'name') announced.names.push({ name: news.from, until: day, id });
    if (news.kind === 'representative') announced.representatives.push({ from: news.from, to: news.to, day, id });
    if (news.kind === 'revocation') announced.revoked = { day, text: news.text, id };
  }
  return announced;
}

function changeTruth({ id, type, happenedAt }: LifeChange, occurrences: readonly Occurrence[]): ChangeTruth {
  const pushes = occurrences.map(occurrenceTruth);
  const { direction, category, text: newestText, hasCheckId, details, detailRows } = pushes.at(-1)!;
  const { orderNo, pushDate } = pushes[0]!;
  return {
    id,
    type,
    direction,
    category,
    text: newestText,
    changeDate: String(occurrences.at(-1)!.element.changeDate),
    day: shanghaiDay(happenedAt),
    hasCheckId,
    details,
    detailRows,
    firstPushed: { orderNo, pushDate },
    occurrences: pushes,
  };
}

function occurrenceTruth(occurrence: Occurrence): OccurrenceTruth {
  const { order, push, element, direction, detailRows } = occurrence;
  return {
    ...pushedIn(occurrence),
    corrupt: order.corrupt,
    direction,
    // Other requests of an order may make it a number or put a blank before it.
    category: String(element.category).trim(),
    text: String(element.changeContent),
    changeDate: String(element.changeDate),
    eventDate: eventDateOf(element.changeExtend),
    corpName: String(element.corpName),
    creditCode: textOf(element.creditCode),
    regNo: textOf(element.regNo),
    hasCheckId: element.checkId !== '',
    details: push.details,
    detailRows,
  };
}

const eventDateOf = (changeExtend: unknown): string | null =>
  changeExtend === '' ? null : textOf((JSON.parse(String(changeExtend)) as { date?: unknown }).date);
