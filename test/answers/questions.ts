import { creditCheck } from 'qcc-simulator/company-codes';
import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Customer } from './customers.ts';
import { customerStates, newHighRisks } from './customers-expected.ts';
import {
  type Answer,
  answerOf,
  casesByCompany,
  casesByCourt,
  categoriesByDay,
  daysOf,
  debtorDetails,
  evidenceOf,
  key,
  leftLists,
  type NameOf,
  newSince,
  officesOf,
  onListNow,
  onListOn,
  ordersByDay,
  provinceOf,
  provinces,
  rangeText,
  reasonClasses,
  renamed,
  sorted,
  THREE_LEFT_OUT,
  uncertainCompanies,
  withinEnd,
  withinRange,
} from './expected.ts';
import { clear, type Mask, maskedWith } from './mask.ts';
import { maskedContent } from './masked-content.ts';
import { matchCustomers } from './matching.ts';
import { fen, isTrue, type Question, type Row } from './question.ts';
import { eventKeys, timeline } from './timeline-expected.ts';
import { CATEGORY_NAMES, typeName } from './type-names.ts';
import { viewQuestionsOf } from './view-questions.ts';

const hasRightCheck = (code: string): boolean => code !== '' && creditCheck(code.slice(0, -1)) === code.at(-1);

const answer = (rows: readonly Row[], keyOf: (row: Row) => string, figuresOf: (row: Row) => string): Answer =>
  answerOf(rows.map((row) => [keyOf(row), figuresOf(row)]));
const typeCodes = (truth: SeasonTruth): ReadonlyMap<string, string> =>
  new Map(truth.companies.flatMap(({ changes }) => changes.map(({ type }) => [typeName(type), type])));
const CATEGORIES: ReadonlyMap<string, string> = new Map(
  Object.entries(CATEGORY_NAMES).map(([code, name]) => [name, code]),
);

type Given = {
  /** The first day of the season. `pastDay` is a day in its middle, and `recentDay` a day near its end. */
  firstDay: string;
  pastDay: string;
  recentDay: string;
  /** Parameters of the answers that a page shows. The last question of each query has them. */
  shown: { newSince: string; left: { from: string; to: string }; since: string };
  /** The customers of the loaded portfolio. */
  customers: readonly Customer[];
  /** The pseudonym of a company in the masked views. */
  pseudonymOf(corpKeyNo: string): string;
};

/** The questions with their right answers. */
export function questionsOf(
  truth: SeasonTruth,
  { firstDay, pastDay, recentDay, shown, customers, pseudonymOf }: Given,
): Question[] {
  const types = typeCodes(truth);
  const uncertain = uncertainCompanies(truth);
  const busiest = truth.companies
    .filter(({ corpKeyNo }) => !uncertain.has(corpKeyNo))
    .toSorted((a, b) => b.changes.length - a.changes.length || (a.corpKeyNo < b.corpKeyNo ? -1 : 1))
    .slice(0, 5)
    .map(({ corpKeyNo }) => corpKeyNo);
  const left = leftLists(truth, uncertain);
  const onThatDay = onListOn(truth, pastDay);
  const isLeftOut = (row: string): boolean => uncertain.has(row.split(' | ')[0]!) || onThatDay.undecided.has(row);
  const matched = matchCustomers(truth, customers);
  const masked = maskedWith(pseudonymOf);
  const known = new Map(truth.companies.map((company) => [company.corpKeyNo, company]));
  const namesFor =
    (mask: Mask): NameOf =>
    (corpKeyNo) => {
      const company = known.get(corpKeyNo)!;
      return mask(company, company.corpName, corpKeyNo);
    };
  /** The right answers for a reader of the plain views and for a reader of the masked views. */
  const forBoth = (expect: (mask: Mask) => Answer): Pick<Question, 'expected' | 'expectedMasked'> => ({
    expected: expect(clear),
    expectedMasked: expect(masked),
  });
  /** Adds the name of the company to each row about a spell. */
  const withNames = (spells: Answer, mask: Mask): Answer =>
    new Map([...spells].map(([row, figures]) => [row, key(namesFor(mask)(row.split(' | ')[0]!), figures)]));
  const spellOf = (row: Row): string => key(row.KeyNo, row.名单 === '经营异常' ? '2' : '10', row.列入日期);
  /** Whether a right answer for the days that are shown has the end of a spell. */
  const isEndShown = (spell: string): 'always' | 'perhaps' | 'never' => {
    const end = left.get(spell);
    if (end === undefined) return 'always';
    const { from, to } = daysOf(end);
    if (from >= shown.left.from && to <= shown.left.to) return 'always';
    return to < shown.left.from || from > shown.left.to ? 'never' : 'perhaps';
  };
  const ofProvinces = provinces(truth);
  return [
    {
      asked: { query: 'portfolio-new-high-risk', values: { from: recentDay } },
      expected: newHighRisks(matched, { mask: clear, contentOf: ({ text }) => text }, recentDay),
      expectedMasked: newHighRisks(matched, { mask: masked, contentOf: maskedContent }, recentDay),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(row.客户, row.KeyNo, row.记录),
          (row) => key(types.get(String(row.类型)), row.方向, row.首次推送, isTrue(row.须核对), row.企业, row.内容),
        ),
    },
    {
      asked: { query: 'portfolio-status', values: {} },
      expected: customerStates(truth, matched, { mask: clear, uncertain, codeOf: ({ creditCode }) => creditCode }),
      expectedMasked: customerStates(truth, matched, {
        ...{ mask: masked, uncertain },
        codeOf: ({ creditCode, kind }) => (kind === 'company' && hasRightCheck(creditCode) ? creditCode : ''),
      }),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(row.客户, row.KeyNo, row.匹配依据),
          (row) => {
            const lists = uncertain.has(String(row.KeyNo))
              ? THREE_LEFT_OUT
              : key(row.风险状态, row.经营异常自, row.严重违法自);
            const state = key(row.企业, lists, row.未全部履行案件, row.最近推送);
            return key(row.名单中的信用代码, row.推送情况, isTrue(row.须核对), isTrue(row.尚未整理完), state);
          },
        ),
    },
    {
      asked: { query: 'abnormal-on-day', values: { day: pastDay } },
      ...forBoth((mask) =>
        withNames(new Map([...onThatDay.sure].filter(([row]) => !isLeftOut(row)).map(([row]) => [row, pastDay])), mask),
      ),
      actual: (rows) =>
        answer(
          rows.filter((row) => !isLeftOut(spellOf(row))),
          spellOf,
          (row) => key(row.企业, pastDay),
        ),
    },
    {
      asked: { query: 'abnormal-now', values: {} },
      ...forBoth(
        (mask) =>
          new Map(
            [...without(onListNow(truth, '2'), uncertain)].map(([corpKeyNo, since]) => {
              const company = known.get(corpKeyNo)!;
              const kind = company.kind === 'company' ? '企业' : '个体工商户';
              const spell = company.spells.findLast(({ type }) => type === '2')!;
              const place = key(namesFor(mask)(corpKeyNo), kind, provinceOf(company));
              return [corpKeyNo, key(place, since, reasonClasses(spell), evidenceOf(spell), officesOf(spell))];
            }),
          ),
      ),
      actual: (rows) =>
        without(
          answer(
            rows,
            ({ KeyNo }) => String(KeyNo),
            (row) => {
              const place = key(row.企业, row.主体, row.省份 ?? '未知');
              const reasons = sorted(String(row.原因).split('；'));
              return key(place, row.列入日期, reasons, row.依据, sorted(row.决定机关 as string[]));
            },
          ),
          uncertain,
        ),
    },
    {
      asked: { query: 'left-the-lists', values: { from: '2000-01-01', to: '2100-01-01' } },
      ...forBoth((mask) => withNames(left, mask)),
      actual: (rows) =>
        answer(
          rows.filter(({ KeyNo }) => !uncertain.has(String(KeyNo))),
          spellOf,
          (row) => key(row.企业, withinEnd(row.移出日期, left.get(spellOf(row)))),
        ),
    },
    {
      asked: { query: 'left-the-lists', values: shown.left },
      ...forBoth((mask) => withNames(new Map([...left].filter(([spell]) => isEndShown(spell) === 'always')), mask)),
      actual: (rows) =>
        answer(
          rows.filter((row) => !uncertain.has(String(row.KeyNo)) && isEndShown(spellOf(row)) !== 'perhaps'),
          spellOf,
          (row) => key(row.企业, withinEnd(row.移出日期, left.get(spellOf(row)))),
        ),
    },
    {
      asked: { query: 'debtors-by-court', values: {} },
      totals: { cases: 0, unpaid: 1, 'amount in fen': 2, 'unpaid amount in fen': 3, 'cases without an amount': 4 },
      expected: casesByCourt(truth),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.法院),
          (row) =>
            key(
              ...[row.案件数, row.未全部履行, fen(row['涉案金额（元）'])],
              ...[fen(row['未全部履行案件金额（元）']), row.金额未提供],
            ),
        ),
    },
    {
      asked: { query: 'debtors-by-company', values: {} },
      totals: { 'cases of companies': 1, unpaid: 2, 'amount in fen': 3 },
      ...forBoth((mask) => casesByCompany(truth, namesFor(mask))),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.KeyNo),
          (row) => key(row.企业, row.案件数, row.未全部履行, fen(row['涉案金额（元）']), row.最新发布),
        ),
    },
    {
      asked: { query: 'debtor-details-missing', values: {} },
      totals: { changes: 0 },
      expected: debtorDetails(truth),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.详情状态),
          (row) => String(row.变更数),
        ),
    },
    ...[recentDay, shown.newSince].map(
      (from): Question => ({
        asked: { query: 'new-since', values: { from } },
        totals: { 'new changes': 0 },
        expected: newSince(truth, from),
        actual: (rows) =>
          answer(
            rows,
            (row) => key(types.get(String(row.类型)), CATEGORIES.get(String(row.级别)), row.方向),
            (row) => key(row.新增变更, row.企业数),
          ),
      }),
    ),
    ...[firstDay, shown.since].map(
      (from): Question => ({
        asked: { query: 'category-by-day', values: { from } },
        totals: { pushes: 0, 'new changes': 1 },
        expected: categoriesByDay(truth, from),
        actual: (rows) =>
          answer(
            rows,
            (row) => key(row.日期, row.级别),
            (row) => key(row.推送, row.新增),
          ),
      }),
    ),
    ...[firstDay, shown.since].map(
      (from): Question => ({
        asked: { query: 'renamed', values: { from } },
        ...forBoth((mask) => renamed(truth, from, mask)),
        actual: (rows) =>
          answer(
            rows,
            (row) => String(row.记录),
            (row) => key(row.KeyNo, row.推送时名称, row.原名称, row.首次推送, row.更新日期),
          ),
      }),
    ),
    {
      asked: { query: 'provinces', values: {} },
      totals: { companies: 0, revoked: 1, 'with unpaid cases': 2 },
      expected: new Map(
        [...ofProvinces].map(([province, { companies, revoked, withUnpaidCases, abnormal, violation }]) => [
          province,
          key(companies, revoked, withUnpaidCases, rangeText(abnormal), rangeText(violation)),
        ]),
      ),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.省份),
          (row) => {
            const of = ofProvinces.get(String(row.省份));
            const lists = [withinRange(row.经营异常, of?.abnormal), withinRange(row.严重违法, of?.violation)];
            return key(row.有推送的企业数, row.吊销或注销, row.失信未全部履行, ...lists);
          },
        ),
    },
    ...[firstDay, shown.since].map(
      (from): Question => ({
        asked: { query: 'completeness', values: { from } },
        totals: { orders: 0, failed: 1, records: 3, 'with details due': 4, 'with details': 5 },
        expected: ordersByDay(truth, from),
        actual: (rows) =>
          answer(
            rows.filter(({ 订单: orders }) => Number(orders) > 0),
            (row) => String(row.日期),
            (row) =>
              key(...[row.订单, row.失败, row.声明条数, row.已入库], ...[row.应有详情, row.已有详情, row.结论代码]),
          ),
      }),
    ),
    ...busiest.map((company) => timelineQuestion(truth, company)),
    ...viewQuestionsOf(truth, masked),
  ];
}

function timelineQuestion(truth: SeasonTruth, company: string): Question {
  const expected = timeline(truth, company);
  return {
    asked: { query: 'company-timeline', values: { company } },
    expected,
    actual(rows) {
      const keyOf = eventKeys();
      return answerOf(
        rows.map((row) => {
          const { 事件: event, 日期含义: means } = row;
          const place = keyOf({ event: String(event), reference: String(row.记录或案件) });
          return [place, key(withinEnd(row.日期, expected.get(place)?.split(' | ')[0]), means, event)];
        }),
      );
    },
  };
}

const without = (all: Answer, left: ReadonlySet<string>): Answer =>
  new Map([...all].filter(([place]) => !left.has(place)));
