import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Customer } from './customers.ts';
import { customerStates, LEFT_OUT, newHighRisks } from './customers-expected.ts';
import {
  ANY_DAY,
  type Answer,
  answerOf,
  casesByCompany,
  casesByCourt,
  categoriesByDay,
  countUp,
  debtorDetails,
  key,
  leftLists,
  type NameOf,
  newSince,
  onListNow,
  onListOn,
  ordersByDay,
  provinceOf,
  provinces,
  type Range,
  renamed,
  timeline,
  uncertainCompanies,
} from './expected.ts';
import type { Mask } from './mask.ts';
import { matchCustomers } from './matching.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A question of the catalogue, asked of a season. */
export type Question = {
  /** The query's name in the catalogue. */
  query: string;
  /** Values of its parameters. */
  values: Readonly<Record<string, string>>;
  expected: Answer;
  /** The same for a reader of the masked views, if the answer has names. */
  expectedMasked?: Answer;
  /** Converts the rows of an answer to the form of `expected`. */
  actual(rows: readonly Row[]): Answer;
};

const fen = (yuan: unknown): string => (yuan === null ? '0' : String(BigInt(Math.round(Number(yuan) * 100))));
const answer = (rows: readonly Row[], keyOf: (row: Row) => string, figuresOf: (row: Row) => string): Answer =>
  answerOf(rows.map((row) => [keyOf(row), figuresOf(row)]));
const typeCodes = (truth: SeasonTruth): ReadonlyMap<string, string> =>
  new Map(
    truth.companies.flatMap(({ changes }) => changes.map(({ type }) => [TYPE_NAMES[type] ?? `监测类型${type}`, type])),
  );
const TYPE_NAMES: Readonly<Record<string, string>> = {
  1: '吊销或注销',
  2: '经营异常',
  3: '年报未公示',
  4: '法定代表人变更',
  5: '企业名称变更',
  6: '注册地址变更',
  7: '注册资本变更',
  8: '经营范围变更',
  10: '严重违法',
  11: '失信被执行人',
  12: '股东变更',
  14: '经营期限变更',
  15: '假冒国企',
};
const CATEGORIES: Readonly<Record<string, string>> = { 高风险信息: '1', 风险信息: '2', 警示信息: '3' };

type Asked = {
  /** The first day of the season. `pastDay` is a day in its middle, and `recentDay` a day near its end. */
  firstDay: string;
  pastDay: string;
  recentDay: string;
  /** The customers of the loaded portfolio. */
  customers: readonly Customer[];
  /** The pseudonym of a company in the masked views. */
  pseudonymOf(corpKeyNo: string): string;
};

/** The questions with their right answers. */
export function questionsOf(
  truth: SeasonTruth,
  { firstDay, pastDay, recentDay, customers, pseudonymOf }: Asked,
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
  const masked: Mask = ({ kind }, name, corpKeyNo) =>
    kind === 'company' || name === '' ? name : `${[...name][0]}※${corpKeyNo === null ? '' : pseudonymOf(corpKeyNo)}`;
  const clear: Mask = (_, name) => name;
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
  const ofProvinces = provinces(truth);
  return [
    {
      query: 'portfolio-new-high-risk',
      values: { from: recentDay },
      ...forBoth((mask) => newHighRisks(matched, mask, recentDay)),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(row.客户, row.KeyNo, row.记录),
          (row) => key(types.get(String(row.类型)), row.方向, row.首次推送, isTrue(row.须核对)),
        ),
    },
    {
      query: 'portfolio-status',
      values: {},
      ...forBoth((mask) => customerStates(truth, matched, { mask, uncertain })),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(row.客户, row.KeyNo, row.匹配依据),
          (row) => {
            const lists = uncertain.has(String(row.KeyNo))
              ? LEFT_OUT
              : key(row.风险状态, row.经营异常自, row.严重违法自);
            const state = key(row.企业, lists, row.未全部履行案件, row.最近推送);
            return key(row.推送情况, isTrue(row.须核对), state);
          },
        ),
    },
    {
      query: 'abnormal-on-day',
      values: { day: pastDay },
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
      query: 'abnormal-now',
      values: {},
      ...forBoth(
        (mask) =>
          new Map(
            [...without(onListNow(truth, '2'), uncertain)].map(([corpKeyNo, since]) => {
              const company = known.get(corpKeyNo)!;
              const kind = company.kind === 'company' ? '企业' : '个体工商户';
              return [corpKeyNo, key(namesFor(mask)(corpKeyNo), kind, provinceOf(company), since)];
            }),
          ),
      ),
      actual: (rows) =>
        without(
          answer(
            rows,
            ({ KeyNo }) => String(KeyNo),
            (row) => key(row.企业, row.主体, row.省份 ?? '未知', row.列入日期),
          ),
          uncertain,
        ),
    },
    {
      query: 'left-the-lists',
      values: { from: '2000-01-01', to: '2100-01-01' },
      ...forBoth((mask) => withNames(left, mask)),
      actual: (rows) =>
        answer(
          rows.filter(({ KeyNo }) => !uncertain.has(String(KeyNo))),
          spellOf,
          (row) => key(row.企业, left.get(spellOf(row)) === ANY_DAY ? ANY_DAY : row.移出日期),
        ),
    },
    {
      query: 'debtors-by-court',
      values: {},
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
      query: 'debtors-by-company',
      values: {},
      ...forBoth((mask) => casesByCompany(truth, namesFor(mask))),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.KeyNo),
          (row) => key(row.企业, row.案件数, row.未全部履行, fen(row['涉案金额（元）']), row.最新发布),
        ),
    },
    {
      query: 'debtor-details-missing',
      values: {},
      expected: debtorDetails(truth),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.详情状态),
          (row) => String(row.变更数),
        ),
    },
    {
      query: 'new-since',
      values: { from: recentDay },
      expected: newSince(truth, recentDay),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(types.get(String(row.类型)), CATEGORIES[String(row.级别)], row.方向),
          (row) => key(row.新增变更, row.企业数),
        ),
    },
    {
      query: 'category-by-day',
      values: { from: firstDay },
      expected: categoriesByDay(truth, firstDay),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(row.日期, row.级别),
          (row) => key(row.推送, row.新增),
        ),
    },
    {
      query: 'renamed',
      values: { from: firstDay },
      ...forBoth((mask) => renamed(truth, firstDay, mask)),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.记录),
          (row) => key(row.KeyNo, row.推送时名称, row.原名称, row.首次推送, row.更新日期),
        ),
    },
    {
      query: 'provinces',
      values: {},
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
    {
      query: 'completeness',
      values: { from: firstDay },
      expected: ordersByDay(truth, firstDay),
      actual: (rows) =>
        answer(
          rows.filter(({ 订单: orders }) => Number(orders) > 0),
          (row) => String(row.日期),
          (row) =>
            key(...[row.订单, row.失败, row.声明条数, row.已入库], ...[row.应有详情, row.已有详情, row.结论代码]),
        ),
    },
    ...busiest.map((company) => timelineQuestion(truth, company)),
  ];
}

function timelineQuestion(truth: SeasonTruth, company: string): Question {
  const expected = timeline(truth, company);
  return {
    query: 'company-timeline',
    values: { company },
    expected,
    actual(rows) {
      const nth = countUp();
      return answerOf(
        rows.map((row) => {
          const { 记录或案件: reference, 日期含义: means } = row;
          const place = reference === '' ? key(row.事件, nth(String(row.事件))) : String(reference);
          return [place, key(expected.get(place)?.startsWith(ANY_DAY) ? ANY_DAY : row.日期, means)];
        }),
      );
    },
  };
}

const rangeText = ({ least, most }: Range): string => (least === most ? String(least) : `${least} to ${most}`);
const withinRange = (figure: unknown, range: Range | undefined): string =>
  range && Number(figure) >= range.least && Number(figure) <= range.most ? rangeText(range) : String(figure);

/** In JSON, a Bool is true or 1, depending on how a view computes it. */
const isTrue = (value: unknown): boolean => Boolean(Number(value));

const without = (all: Answer, left: ReadonlySet<string>): Answer =>
  new Map([...all].filter(([place]) => !left.has(place)));

/** Keys whose figures differ, with both sides' figures. */
export const differences = (expected: Answer, actual: Answer): string[] =>
  [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((place) => expected.get(place) !== actual.get(place))
    .map((place) => `${place}: ${actual.get(place) ?? 'no row'} instead of ${expected.get(place) ?? 'no row'}`);
