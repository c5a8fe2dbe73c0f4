/** What the answers of analysts have to be, from the simulator's truth of a season alone. Rows are keys and figures as texts. */
import type { CaseTruth } from 'qcc-simulator/lives/case-truth';
import type { ChangeTruth, CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { EntryTruth, Spell } from 'qcc-simulator/lives/spells';

/** Key → figures of a row. */
export type Answer = ReadonlyMap<string, string>;

const key = (...parts: readonly unknown[]): string => parts.map((part) => String(part ?? '')).join(' | ');
const dayOf = (pushDate: string): string => pushDate.slice(0, 10);
const PAID = '全部已履行';

/** Whether QCC ever stated the day on which the entry began: in details, or in a text that says that the company was listed. */
const isStated = ({ isInDetails, entry }: EntryTruth): boolean => isInDetails || entry?.direction === '列入';

/** A spell as far as QCC stated it. Null if it stated no beginning. */
function stated(spell: Spell): { since: string; until: string | null } | null {
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

const spellsOf = ({ companies }: SeasonTruth, type: '2' | '10'): { company: CompanyTruth; spell: Spell }[] =>
  companies.flatMap((company) =>
    company.spells.filter((spell) => spell.type === type).map((spell) => ({ company, spell })),
  );

const isEndInDetails = ({ type, entries }: Spell): boolean =>
  type === '2' && entries.every(({ isRemovalInDetails }) => isRemovalInDetails);

export function onListNow(truth: SeasonTruth, type: '2' | '10'): Answer {
  return new Map(
    spellsOf(truth, type).flatMap(({ company, spell }) => {
      const known = stated(spell);
      return known === null || known.until !== null ? [] : [[key(company.corpKeyNo), known.since] as const];
    }),
  );
}

/** Spells that include a day. If only a text states the end, the end may be any day up to the push of the text. A day in between is undecided. */
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

/** The end of a spell is compared only if details state it. */
export const ANY_DAY = 'any day';

/** Company, list and beginning of each spell that ended, and its last day. */
export function leftLists(truth: SeasonTruth, uncertain: ReadonlySet<string>): Answer {
  return new Map(
    (['2', '10'] as const).flatMap((type) =>
      spellsOf(truth, type).flatMap(({ company, spell }) => {
        const known = stated(spell);
        if (known === null || known.until === null || uncertain.has(company.corpKeyNo)) return [];
        return [[key(company.corpKeyNo, type, known.since), isEndInDetails(spell) ? known.until : ANY_DAY] as const];
      }),
    ),
  );
}

type Totals = { cases: number; unpaid: number; fen: bigint };
const fenOf = ({ amount }: CaseTruth): bigint => (amount === '' ? 0n : BigInt(String(amount).replace('.', '')));
const totals = (cases: readonly CaseTruth[]): Totals => ({
  cases: cases.length,
  unpaid: cases.filter(({ executeStatus }) => executeStatus !== PAID).length,
  fen: cases.reduce((sum, each) => sum + fenOf(each), 0n),
});
export const figures = ({ cases, unpaid, fen }: Totals): string => key(cases, unpaid, fen);

export const casesByCourt = ({ cases }: SeasonTruth): Answer =>
  new Map(
    [...Map.groupBy(cases, ({ executeGov }) => executeGov)].map(([court, group]) => [court, figures(totals(group))]),
  );

export const casesByCompany = ({ cases }: SeasonTruth): Answer => {
  const pairs = cases.flatMap((each) => each.companies.map((company) => ({ company, each })));
  return new Map(
    [...Map.groupBy(pairs, ({ company }) => company)].map(([company, group]) => [
      company,
      figures(totals(group.map(({ each }) => each))),
    ]),
  );
};

/** For each company, the number of its cases that are not paid in full. */
export const unpaidCaseCounts = ({ companies, cases }: SeasonTruth): ReadonlyMap<string, number> => {
  const unpaid = new Set(cases.filter(({ executeStatus }) => executeStatus !== PAID).map(({ id }) => id));
  return new Map(companies.map(({ corpKeyNo, cases: own }) => [corpKeyNo, own.filter((id) => unpaid.has(id)).length]));
};

const detailStatus = ({ hasCheckId, detailRows }: Pick<ChangeTruth, 'hasCheckId' | 'detailRows'>): string =>
  hasCheckId ? (detailRows === 0 ? 'NO_RESULT' : 'ENRICHED') : 'NO_CHECK_ID';

const changesOf = ({ companies }: SeasonTruth): (ChangeTruth & { company: CompanyTruth })[] =>
  companies.flatMap((company) => company.changes.map((change) => ({ ...change, company })));

export const debtorDetails = (truth: SeasonTruth): Answer =>
  counted(
    changesOf(truth)
      .filter(({ type }) => type === '11')
      .map(detailStatus),
  );

export const newSince = (truth: SeasonTruth, from: string): Answer =>
  counted(
    changesOf(truth)
      .filter(({ firstPushed }) => dayOf(firstPushed.pushDate) >= from)
      .map(({ type, occurrences }) => key(type, occurrences[0]!.category, occurrences[0]!.direction)),
  );

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

export const renamed = (truth: SeasonTruth, from: string): Answer =>
  new Map(
    changesOf(truth)
      .filter(({ type, firstPushed }) => type === '5' && dayOf(firstPushed.pushDate) >= from)
      .map(({ id, company }) => [id, company.corpKeyNo]),
  );

/** Companies of each province, and those whose licence was revoked. A company without a valid code or number has none. */
export const provinces = ({ companies }: SeasonTruth): Answer => {
  const provinceOf = ({ creditCode, hasWrongCheckDigit, regNo, region }: CompanyTruth): string =>
    (creditCode !== null && !hasWrongCheckDigit) || regNo !== null ? region.province : '未知';
  return new Map(
    [...Map.groupBy(companies, provinceOf)].map(([province, group]) => [
      province,
      key(group.length, group.filter(({ revoked }) => revoked !== null).length),
    ]),
  );
};

/** For each day, its orders, those that failed, and the records that were stored. */
export const ordersByDay = ({ orders }: SeasonTruth, from: string): Answer =>
  new Map(
    [
      ...Map.groupBy(
        orders.filter(({ pushDate }) => dayOf(pushDate) >= from),
        ({ pushDate }) => dayOf(pushDate),
      ),
    ].map(([day, group]) => {
      const good = group.filter(({ corrupt }) => corrupt === null);
      return [
        day,
        key(
          group.length,
          group.length - good.length,
          good.reduce((sum, { records }) => sum + records.length, 0),
        ),
      ];
    }),
  );

/** Ids of cases, and of changes that no spell or case reports; then how many spells begin and end. */
export function timeline(truth: SeasonTruth, corpKeyNo: string): Answer {
  const company = truth.companies.find((each) => each.corpKeyNo === corpKeyNo)!;
  const changes = company.changes.filter(({ type, occurrences }) => {
    const first = occurrences[0]!;
    if (type === '2' || type === '10') return first.direction === null;
    return type !== '11' || detailStatus(first) !== 'ENRICHED';
  });
  const spells = company.spells.map(stated).filter((spell) => spell !== null);
  return new Map([
    ...changes.map(({ id }) => [id, '1'] as const),
    ...company.cases.map((id) => [id, '1'] as const),
    ['begin', String(spells.length)],
    ['end', String(spells.filter(({ until }) => until !== null).length)],
  ]);
}

export const counted = (values: readonly string[]): Answer =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, group]) => [value, String(group.length)]));

export { key };
