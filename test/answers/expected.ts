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
 * Whether the texts and details leave no doubt. They do if QCC never stated when an entry began or ended, as when the order that said so
 * could not be read, or if the only text about the end says neither 列入 nor 移出.
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

export function onListNow(truth: SeasonTruth, type: '2' | '10'): Answer {
  return new Map(
    spellsOf(truth, type).flatMap(({ company, spell }) => {
      const known = stated(spell);
      return known === null || known.until !== null ? [] : [[key(company.corpKeyNo), known.since] as const];
    }),
  );
}

/**
 * Spells that include a day, without the companies that are left out. A spell whose end QCC tells with a text alone may end as late
 * as the push of that text, so it is undecided in between.
 */
export function onListOn(truth: SeasonTruth, day: string): { sure: Answer; undecided: ReadonlySet<string> } {
  const sure = new Map<string, string>();
  const undecided = new Set<string>();
  for (const type of ['2', '10'] as const) {
    for (const { company, spell } of spellsOf(truth, type)) {
      const known = stated(spell);
      if (known === null || known.since > day) continue;
      const place = key(company.corpKeyNo, type, known.since);
      const isTold = type === '2' && spell.entries.every(({ isRemovalInDetails }) => isRemovalInDetails);
      if (known.until === null || known.until > day) sure.set(place, known.until ?? '');
      else if (!isTold && (spell.exit === null || dayOf(spell.exit.pushDate) > day)) undecided.add(place);
    }
  }
  return { sure, undecided };
}

/** Company, list and beginning of each spell that ended. */
export function leftLists(truth: SeasonTruth, uncertain: ReadonlySet<string>): Answer {
  return new Map(
    (['2', '10'] as const).flatMap((type) =>
      spellsOf(truth, type).flatMap(({ company, spell }) => {
        const known = stated(spell);
        if (known === null || known.until === null || uncertain.has(company.corpKeyNo)) return [];
        const isTold = type === '2' && spell.entries.every(({ isRemovalInDetails }) => isRemovalInDetails);
        return [[key(company.corpKeyNo, type, known.since), isTold ? known.until : 'in time'] as const];
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
  new Map([...Map.groupBy(cases, ({ executeGov }) => executeGov)].map(([court, of]) => [court, figures(totals(of))]));

export const casesByCompany = ({ cases }: SeasonTruth): Answer => {
  const pairs = cases.flatMap((each) => each.companies.map((company) => ({ company, each })));
  return new Map(
    [...Map.groupBy(pairs, ({ company }) => company)].map(([company, of]) => [
      company,
      figures(totals(of.map(({ each }) => each))),
    ]),
  );
};

/** Cases of a company that are not paid in full; companies without cases are not there. */
export const unpaidCases = ({ companies, cases }: SeasonTruth): ReadonlyMap<string, number> => {
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
    occurrences.map(({ pushDate, category }, index) => ({ place: key(dayOf(pushDate), category), isNew: index === 0 })),
  );
  return new Map(
    [
      ...Map.groupBy(
        pushes.filter(({ place }) => place >= from),
        ({ place }) => place,
      ),
    ].map(([place, of]) => [place, key(of.length, of.filter(({ isNew }) => isNew).length)]),
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
  const placeOf = ({ creditCode, hasWrongCheckDigit, regNo, region }: CompanyTruth): string =>
    (creditCode !== null && !hasWrongCheckDigit) || regNo !== null ? region.province : '未知';
  return new Map(
    [...Map.groupBy(companies, placeOf)].map(([place, of]) => [
      place,
      key(of.length, of.filter(({ revoked }) => revoked !== null).length),
    ]),
  );
};

/** Of each day its orders, those that failed, and the records that were stored. */
export const ordersByDay = ({ orders }: SeasonTruth, from: string): Answer =>
  new Map(
    [
      ...Map.groupBy(
        orders.filter(({ pushDate }) => dayOf(pushDate) >= from),
        ({ pushDate }) => dayOf(pushDate),
      ),
    ].map(([day, of]) => {
      const good = of.filter(({ corrupt }) => corrupt === null);
      return [
        day,
        key(
          of.length,
          of.length - good.length,
          good.reduce((sum, { records }) => sum + records.length, 0),
        ),
      ];
    }),
  );

/** References of the timeline: ids of changes that nothing else tells, and cases; then how many entries on lists begin and end. */
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
  new Map([...Map.groupBy(values, (value) => value)].map(([value, of]) => [value, String(of.length)]));

export { key };
