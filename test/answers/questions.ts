import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Customer } from './customers.ts';
import { customerStates, LEFT_OUT, type Mask, newHighRisks } from './customers-expected.ts';
import {
  ANY_DAY,
  type Answer,
  casesByCompany,
  casesByCourt,
  categoriesByDay,
  counted,
  debtorDetails,
  isCertain,
  key,
  leftLists,
  newSince,
  onListNow,
  onListOn,
  ordersByDay,
  provinces,
  renamed,
  timeline,
} from './expected.ts';
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
  /** What the rows answer, in the form of `expected`. */
  actual(rows: readonly Row[]): Answer;
};

const fen = (yuan: unknown): string => (yuan === null ? '0' : String(BigInt(Math.round(Number(yuan) * 100))));
const answer = (rows: readonly Row[], keyOf: (row: Row) => string, figuresOf: (row: Row) => string): Answer =>
  new Map(rows.map((row) => [keyOf(row), figuresOf(row)]));
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
  /** The first day of the season, one in its middle, and one near its end. */
  firstDay: string;
  pastDay: string;
  recentDay: string;
  /** Those of the loaded portfolio. */
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
  const busiest = truth.companies
    .toSorted((a, b) => b.changes.length - a.changes.length || (a.corpKeyNo < b.corpKeyNo ? -1 : 1))
    .slice(0, 5)
    .map(({ corpKeyNo }) => corpKeyNo);
  const uncertain = new Set(
    truth.companies.flatMap(({ corpKeyNo, spells }) => (spells.every(isCertain) ? [] : [corpKeyNo])),
  );
  const left = leftLists(truth, uncertain);
  const onThatDay = onListOn(truth, pastDay);
  const isLeftOut = (row: string): boolean => uncertain.has(row.split(' | ')[0]!) || onThatDay.undecided.has(row);
  const matched = matchCustomers(truth, customers);
  const masked: Mask = ({ kind }, name, corpKeyNo) =>
    kind === 'company' || name === '' ? name : `${[...name][0]}※${corpKeyNo === null ? '' : pseudonymOf(corpKeyNo)}`;
  const clear: Mask = (_, name) => name;
  const risksFor = (mask: Mask) => newHighRisks(matched, mask, recentDay);
  const statesFor = (mask: Mask) => customerStates(truth, matched, { mask, uncertain });
  return [
    {
      query: 'portfolio-new-high-risk',
      values: { from: recentDay },
      expected: risksFor(clear),
      expectedMasked: risksFor(masked),
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
      expected: statesFor(clear),
      expectedMasked: statesFor(masked),
      actual: (rows) =>
        answer(
          rows,
          (row) => key(row.客户, row.KeyNo, row.匹配依据),
          (row) => {
            const lists = uncertain.has(String(row.KeyNo))
              ? LEFT_OUT
              : key(row.风险状态, row.经营异常自, row.严重违法自);
            const state = key(row.企业, lists, row.未履行案件, row.最近推送);
            return key(row.推送情况, isTrue(row.须核对), state);
          },
        ),
    },
    {
      query: 'abnormal-on-day',
      values: { day: pastDay },
      expected: new Map([...onThatDay.sure].filter(([row]) => !isLeftOut(row)).map(([row]) => [row, pastDay])),
      actual: (rows) =>
        new Map(
          rows
            .map((row) => key(row.KeyNo, row.名单 === '经营异常' ? '2' : '10', row.列入日期))
            .filter((row) => !isLeftOut(row))
            .map((row) => [row, pastDay]),
        ),
    },
    {
      query: 'abnormal-now',
      values: {},
      expected: without(onListNow(truth, '2'), uncertain),
      actual: (rows) =>
        without(
          answer(
            rows,
            ({ KeyNo }) => String(KeyNo),
            ({ 列入日期: since }) => String(since),
          ),
          uncertain,
        ),
    },
    {
      query: 'left-the-lists',
      values: { from: '2000-01-01', to: '2100-01-01' },
      expected: left,
      actual: (rows) =>
        new Map(
          rows.flatMap((row) => {
            const list = row.名单 === '经营异常' ? '2' : '10';
            const spell = key(row.KeyNo, list, row.列入日期);
            if (uncertain.has(String(row.KeyNo))) return [];
            return [[spell, left.get(spell) === ANY_DAY ? ANY_DAY : String(row.移出日期)] as const];
          }),
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
          (row) => key(row.案件数, row.未全部履行, fen(row['涉案金额（元）'])),
        ),
    },
    {
      query: 'debtors-by-company',
      values: {},
      expected: casesByCompany(truth),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.KeyNo),
          (row) => key(row.案件数, row.未全部履行, fen(row['涉案金额（元）'])),
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
          (row) => String(row.新增变更),
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
      expected: renamed(truth, firstDay),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.记录),
          (row) => String(row.KeyNo),
        ),
    },
    {
      query: 'provinces',
      values: {},
      expected: provinces(truth),
      actual: (rows) =>
        answer(
          rows,
          (row) => String(row.省份),
          (row) => key(row.企业数, row.吊销或注销),
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
          (row) => key(row.订单, row.失败, row.已入库),
        ),
    },
    ...busiest.map(
      (company): Question => ({
        query: 'company-timeline',
        values: { company },
        expected: timeline(truth, company),
        actual: (rows) =>
          new Map([
            ...counted(rows.map(({ 记录: reference }) => String(reference)).filter((reference) => reference !== '')),
            ['begin', String(rows.filter((row) => row.日期含义 === '列入日期').length)],
            ['end', String(rows.filter((row) => row.日期含义 === '移出日期').length)],
          ]),
      }),
    ),
  ];
}

/** JSON has a Bool as true or 1, depending on how a view computes it. */
const isTrue = (value: unknown): boolean => Boolean(Number(value));

const without = (all: Answer, left: ReadonlySet<string>): Answer =>
  new Map([...all].filter(([place]) => !left.has(place)));

/** Keys whose figures differ, with both sides' figures. */
export const differences = (expected: Answer, actual: Answer): string[] =>
  [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((place) => expected.get(place) !== actual.get(place))
    .map((place) => `${place}: ${actual.get(place) ?? 'no row'} instead of ${expected.get(place) ?? 'no row'}`);
