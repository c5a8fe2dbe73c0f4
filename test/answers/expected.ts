/** Computes the expected answers for analysts, only from the simulator's truth of a season. A row is a key and its figures, as texts. */
import type { CaseTruth } from 'qcc-simulator/lives/case-truth';
import type { ChangeTruth, CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { EntryTruth, Spell } from 'qcc-simulator/lives/spells';
import { EXCEPTION_REASONS, VIOLATION_REASONS } from 'qcc-simulator/vocabulary';
import type { Mask } from './mask.ts';
import { hasDetails } from './type-names.ts';

/** Key → figures of a row. */
export type Answer = ReadonlyMap<string, string>;

const key = (...parts: readonly unknown[]): string => parts.map((part) => String(part ?? '')).join(' | ');
export const dayOf = (pushDate: string): string => pushDate.slice(0, 10);
const PAID = '全部已履行';

/** The name that a reader sees of a company. */
export type NameOf = (corpKeyNo: string) => string;

/** Whether QCC ever stated the day on which the entry began: in details, or in a text that says that the company was listed. */
const isStated = ({ isInDetails, entry }: EntryTruth): boolean => isInDetails || entry?.direction === '列入';

/** The days of a spell that QCC stated. Null if it stated no beginning. */
export function stated(spell: Spell): { since: string; until: string | null } | null {
  const entries = spell.entries.filter(isStated);
  if (entries.length === 0) return null;
  return { since: entries.map(({ since }) => since).sort()[0]!, until: spell.until };
}

/**
 * True if QCC stated the beginning and the end of each entry. False, for example, if the order that said so was corrupt, or if the only text
 * about the end says neither 列入 nor 移出.
 */
export const isCertain = ({ entries }: Spell): boolean =>
  entries.every(
    (entry) =>
      isStated(entry) && (entry.until === null || entry.exit?.direction === '移出' || entry.isRemovalInDetails),
  );

export const spellsOf = ({ companies }: SeasonTruth, type: '2' | '10'): { company: CompanyTruth; spell: Spell }[] =>
  companies.flatMap((company) =>
    company.spells.filter((spell) => spell.type === type).map((spell) => ({ company, spell })),
  );

/** Companies with a spell on one of these lists that is not certain. */
export const uncertainCompanies = (
  truth: SeasonTruth,
  types: readonly ('2' | '10')[] = ['2', '10'],
): ReadonlySet<string> =>
  new Set(
    types.flatMap((type) =>
      spellsOf(truth, type).flatMap(({ company, spell }) => (isCertain(spell) ? [] : [company.corpKeyNo])),
    ),
  );

export const isEndInDetails = ({ type, entries }: Spell): boolean =>
  type === '2' && entries.every(({ isRemovalInDetails }) => isRemovalInDetails);

export function onListNow(truth: SeasonTruth, type: '2' | '10'): Answer {
  return new Map(
    spellsOf(truth, type).flatMap(({ company, spell }) => {
      const known = stated(spell);
      return known === null || known.until !== null ? [] : [[key(company.corpKeyNo), known.since] as const];
    }),
  );
}

/**
 * Finds the spells that include a day. If only a text states the end of a spell, an answer may end it on any day up to the push of the
 * text. Such a spell is undecided if the day is on or after its end and before that push.
 */
export function onListOn(truth: SeasonTruth, day: string): { sure: Answer; undecided: ReadonlySet<string> } {
  const sure = new Map<string, string>();
  const undecided = new Set<string>();
  for (const type of ['2', '10'] as const) {
    for (const { company, spell } of spellsOf(truth, type)) {
      const known = stated(spell);
      if (known === null || known.since > day) continue;
      const row = key(company.corpKeyNo, type, known.since);
      if (known.until === null || known.until > day) sure.set(row, known.until ?? '');
      else if (!isEndInDetails(spell) && (spell.exit === null || dayOf(spell.exit.pushDate) > day)) undecided.add(row);
    }
  }
  return { sure, undecided };
}

/** Replaces the end of a spell in both answers if neither details nor a delivered text state it, because such an end is not compared. */
export const ANY_DAY = 'any day';

/**
 * The end of a spell that has ended: its day if details state it. Otherwise it is a range such as 2026-09-01 to 2026-09-05, from the removal
 * to the push of its text, and each of these days is right. Without such a text it is `ANY_DAY`.
 */
export function endOf(spell: Spell & { until: string }): string {
  if (isEndInDetails(spell)) return spell.until;
  return spell.exit === null ? ANY_DAY : `${spell.until} to ${dayOf(spell.exit.pushDate)}`;
}

/** Whether details state this end. */
export const isExactDay = (end: string): boolean => !end.includes(' ');

/** The first and the last day that are right for an end. */
export const daysOf = (end: string): { from: string; to: string } => {
  const [from, to = from] = end === ANY_DAY ? ['', '9'] : end.split(' to ');
  return { from: from!, to: to! };
};

/** The text of the right end if the day is one of its days, and otherwise the day. */
export function withinEnd(day: unknown, end: string | undefined): string {
  if (end === undefined) return String(day);
  const { from, to } = daysOf(end);
  return String(day) >= from && String(day) <= to ? end : String(day);
}

/** Reason of an entry → its class (docs/data-dictionary.md, add_reason_classes). */
const REASON_CLASSES: Readonly<Record<string, string>> = {
  [EXCEPTION_REASONS[0]]: '未按期公示年度报告',
  [EXCEPTION_REASONS[1]]: '登记的住所或经营场所无法联系',
  [EXCEPTION_REASONS[2]]: '公示信息隐瞒真实情况或弄虚作假',
  [EXCEPTION_REASONS[3]]: '未按责令期限公示信息',
  [VIOLATION_REASONS[0]]: '列入经营异常名录届满未改正',
  [VIOLATION_REASONS[1]]: '以欺诈手段取得登记',
  [VIOLATION_REASONS[2]]: '传销',
};

export const sorted = (texts: readonly string[]): string => texts.toSorted().join('；');

/** The offices that listed the company, as far as details state them. */
export const officesOf = ({ entries }: Spell): string =>
  sorted([...new Set(entries.filter(({ isInDetails }) => isInDetails).map(({ office }) => office))]);

export const isMissingDetails = ({ entries }: Spell): boolean => entries.some(({ isInDetails }) => !isInDetails);

/** Of 经营异常: whether only a text states when an entry began or ended. */
export const evidenceOf = (spell: Spell): 'TEXT' | 'DETAILS' =>
  isMissingDetails(spell) || spell.entries.some(({ until, isRemovalInDetails }) => until && !isRemovalInDetails)
    ? 'TEXT'
    : 'DETAILS';

/** The classes of the reasons for a spell that details state. */
export const reasonClasses = ({ entries }: Spell): string =>
  sorted([...new Set(entries.filter(({ isInDetails }) => isInDetails).map(({ reason }) => REASON_CLASSES[reason]!))]);

/** For each spell that ended: company, list and beginning, and its end (`endOf`). */
export function leftLists(truth: SeasonTruth, uncertain: ReadonlySet<string>): Answer {
  return new Map(
    (['2', '10'] as const).flatMap((type) =>
      spellsOf(truth, type).flatMap(({ company, spell }) => {
        const known = stated(spell);
        if (known === null || known.until === null || uncertain.has(company.corpKeyNo)) return [];
        return [[key(company.corpKeyNo, type, known.since), endOf({ ...spell, until: known.until })] as const];
      }),
    ),
  );
}

export const fenOf = ({ amount }: CaseTruth): bigint => (amount === '' ? 0n : BigInt(String(amount).replace('.', '')));
export const sumOf = (cases: readonly CaseTruth[]): bigint => cases.reduce((sum, each) => sum + fenOf(each), 0n);
export const isUnpaid = ({ executeStatus }: CaseTruth): boolean => executeStatus !== PAID;

/** For each court: cases, those that are not paid in full, the amounts of both, and cases without an amount. */
export const casesByCourt = ({ cases }: SeasonTruth): Answer =>
  new Map(
    [...Map.groupBy(cases, ({ executeGov }) => executeGov)].map(([court, group]) => {
      const unpaid = group.filter(isUnpaid);
      const withoutAmount = group.filter(({ amount }) => amount === '').length;
      return [court, key(group.length, unpaid.length, sumOf(group), sumOf(unpaid), withoutAmount)];
    }),
  );

/** For each company: its name, cases, those that are not paid in full, the amount of all, and the last day of publication. */
export const casesByCompany = ({ cases }: SeasonTruth, nameOf: NameOf): Answer => {
  const pairs = cases.flatMap((each) => each.companies.map((company) => ({ company, each })));
  return new Map(
    [...Map.groupBy(pairs, ({ company }) => company)].map(([company, group]) => {
      const own = group.map(({ each }) => each);
      const newest = own.map(({ publicDate }) => publicDate).sort();
      return [company, key(nameOf(company), own.length, own.filter(isUnpaid).length, sumOf(own), newest.at(-1))];
    }),
  );
};

/** For each company, the number of its cases that are not paid in full. */
export const unpaidCaseCounts = ({ companies, cases }: SeasonTruth): ReadonlyMap<string, number> => {
  const unpaid = new Set(cases.filter(isUnpaid).map(({ id }) => id));
  return new Map(companies.map(({ corpKeyNo, cases: own }) => [corpKeyNo, own.filter((id) => unpaid.has(id)).length]));
};

/** For each company, the days since when it is on the list of 经营异常 and of 严重违法 (each '' if it is not), and its cases. */
export type CurrentRisks = (company: CompanyTruth) => { abnormal: string; violation: string; unpaid: number };

/** Returns a function that finds the current risks of a company. */
export function currentRisks(truth: SeasonTruth): CurrentRisks {
  const [abnormal, violation] = [onListNow(truth, '2'), onListNow(truth, '10')];
  const unpaid = unpaidCaseCounts(truth);
  return ({ corpKeyNo }) => ({
    abnormal: abnormal.get(corpKeyNo) ?? '',
    violation: violation.get(corpKeyNo) ?? '',
    unpaid: unpaid.get(corpKeyNo) ?? 0,
  });
}

export const REVOKED = '吊销或注销';
export const NO_RISK = '未见在列信息';

/** The first of these states that holds. */
export function riskState(company: CompanyTruth, { abnormal, violation, unpaid }: ReturnType<CurrentRisks>): string {
  const { revoked, changes } = company;
  const risks: [boolean, string][] = [
    [revoked !== null, REVOKED],
    [violation !== '', '严重违法'],
    [unpaid > 0, '失信被执行人'],
    [abnormal !== '', '经营异常'],
    [changes.some(({ type, direction }) => type === '15' && direction === '列入'), '假冒国企'],
  ];
  return risks.find(([is]) => is)?.[1] ?? NO_RISK;
}

/** Replaces values that the truth does not determine, in both answers. */
export const LEFT_OUT = 'left out';
/** The same for the risk state and the days since when a company is on the two lists. */
export const THREE_LEFT_OUT = key(LEFT_OUT, LEFT_OUT, LEFT_OUT);

export const detailStatus = ({ hasCheckId, detailRows }: Pick<ChangeTruth, 'hasCheckId' | 'detailRows'>): string =>
  hasCheckId ? (detailRows === 0 ? 'NO_RESULT' : 'ENRICHED') : 'NO_CHECK_ID';

export const changesOf = ({ companies }: SeasonTruth): (ChangeTruth & { company: CompanyTruth })[] =>
  companies.flatMap((company) => company.changes.map((change) => ({ ...change, company })));

export const debtorDetails = (truth: SeasonTruth): Answer =>
  counted(
    changesOf(truth)
      .filter(({ type }) => type === '11')
      .map(detailStatus),
  );

/** For each type, category and direction: the numbers of changes that were first pushed since a day, and of their companies. */
export const newSince = (truth: SeasonTruth, from: string): Answer => {
  const changes = changesOf(truth).filter(({ firstPushed }) => dayOf(firstPushed.pushDate) >= from);
  const kindOf = ({ type, occurrences }: ChangeTruth) => key(type, occurrences[0]!.category, occurrences[0]!.direction);
  return new Map(
    [...Map.groupBy(changes, kindOf)].map(([kind, group]) => {
      return [kind, key(group.length, new Set(group.map(({ company }) => company)).size)];
    }),
  );
};

export const categoriesByDay = (truth: SeasonTruth, from: string): Answer => {
  const pushes = changesOf(truth).flatMap(({ occurrences }) =>
    occurrences.map(({ pushDate, category }, index) => ({ cell: key(dayOf(pushDate), category), isNew: index === 0 })),
  );
  return new Map(
    [
      ...Map.groupBy(
        pushes.filter(({ cell }) => cell >= from),
        ({ cell }) => cell,
      ),
    ].map(([cell, group]) => [cell, key(group.length, group.filter(({ isNew }) => isNew).length)]),
  );
};

/** For each change of a name: the company, its name and the former one as a reader sees them, the first push, and the day of the update. */
export const renamed = (truth: SeasonTruth, from: string, mask: Mask): Answer =>
  new Map(
    changesOf(truth)
      .filter(({ type, firstPushed }) => type === '5' && dayOf(firstPushed.pushDate) >= from)
      .map(({ id, company, firstPushed, occurrences }) => {
        const first = occurrences[0]!;
        const { corpKeyNo, formerNames } = company;
        const former = formerNames.find((name) => name.id === id)!.name;
        // If a name is masked, the text about its change is left out.
        const shown = mask(company, former, corpKeyNo) === former ? former : '';
        const name = mask(company, first.corpName, corpKeyNo);
        return [id, key(corpKeyNo, name, shown, dayOf(firstPushed.pushDate), first.changeDate)];
      }),
  );

/** Returns the province and city of a company. Both are '' if the company has neither a valid code nor a number. */
export const placeOf = ({ creditCode, hasWrongCheckDigit, regNo, region }: CompanyTruth): [string, string] =>
  (creditCode !== null && !hasWrongCheckDigit) || regNo !== null ? [region.province, region.city] : ['', ''];

/** Returns the province of a company, or 未知. */
export const provinceOf = (company: CompanyTruth): string => placeOf(company)[0] || '未知';

/** The least and the most that a figure may be. */
export type Range = { least: number; most: number };

export const rangeText = ({ least, most }: Range): string => (least === most ? String(least) : `${least} to ${most}`);

/** The text of the range if the figure is in it, and otherwise the figure. */
export const withinRange = (figure: unknown, range: Range | undefined): string =>
  range && Number(figure) >= range.least && Number(figure) <= range.most ? rangeText(range) : String(figure);

export type ProvinceFigures = {
  companies: number;
  revoked: number;
  withUnpaidCases: number;
  /** A company with uncertain lists may or may not count. */
  abnormal: Range;
  violation: Range;
};

/** For each province: the number of companies, and of those with each kind of risk. */
export const provinces = (truth: SeasonTruth): ReadonlyMap<string, ProvinceFigures> => {
  const unpaid = unpaidCaseCounts(truth);
  const lists = (['2', '10'] as const).map((type) => {
    const open = spellsOf(truth, type).filter(({ spell }) => isCertain(spell) && spell.until === null);
    return { listed: new Set(open.map(({ company }) => company)), uncertain: uncertainCompanies(truth, [type]) };
  });
  return new Map(
    [...Map.groupBy(truth.companies, provinceOf)].map(([province, group]) => {
      const [abnormal, violation] = lists.map(({ listed, uncertain }): Range => {
        const least = group.filter((company) => listed.has(company)).length;
        const unknown = group.filter((company) => !listed.has(company) && uncertain.has(company.corpKeyNo)).length;
        return { least, most: least + unknown };
      });
      return [
        province,
        {
          companies: group.length,
          revoked: group.filter(({ revoked }) => revoked !== null).length,
          withUnpaidCases: group.filter(({ corpKeyNo }) => unpaid.get(corpKeyNo)! > 0).length,
          abnormal: abnormal!,
          violation: violation!,
        },
      ];
    }),
  );
};

/** For each day: orders, those that failed, records, those that should have details, those that have them, and the verdict. */
export const ordersByDay = (truth: SeasonTruth, from: string): Answer => {
  const due = Map.groupBy(
    changesOf(truth)
      .filter(({ type }) => hasDetails(type))
      .flatMap(({ occurrences }) => occurrences),
    ({ pushDate }) => dayOf(pushDate),
  );
  const orders = truth.orders.filter(({ pushDate }) => dayOf(pushDate) >= from);
  return new Map(
    [...Map.groupBy(orders, ({ pushDate }) => dayOf(pushDate))].map(([day, group]) => {
      const good = group.filter(({ corrupt }) => corrupt === null);
      const failed = group.length - good.length;
      const records = good.reduce((sum, order) => sum + order.records.length, 0);
      const dueOfDay = due.get(day) ?? [];
      const enriched = dueOfDay.filter((occurrence) => detailStatus(occurrence) === 'ENRICHED').length;
      const verdict = failed > 0 ? 'FAILED' : 'COMPLETE';
      return [day, key(group.length, failed, records, records, dueOfDay.length, enriched, verdict)];
    }),
  );
};

/** Returns a function that counts its calls for each name, including the current call. */
export function countUp(): (name: string) => number {
  const counts = new Map<string, number>();
  return (name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  };
}

/** Rows with the same key get different keys from the second one on. The result does not depend on the order of the rows. */
export const answerOf = (rows: readonly (readonly [key: string, figures: string])[]): Answer =>
  new Map(
    [...Map.groupBy(rows, ([name]) => name)].flatMap(([name, group]) =>
      group
        .map(([, figures]) => figures)
        .sort()
        .map((figures, at) => [at === 0 ? name : key(name, `row ${at + 1}`), figures] as const),
    ),
  );

export const counted = (values: readonly string[]): Answer =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, group]) => [value, String(group.length)]));

export { key };
