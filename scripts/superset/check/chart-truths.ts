/** What each chart has to show, only from the simulator's truth of a season. */
import type { CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Corruption } from 'qcc-simulator/orders';
import { shanghaiDay } from 'qcc-simulator/shanghai';
import {
  type Answer,
  answerOf,
  changesOf,
  currentRisks,
  dayOf,
  fenOf,
  isExactDay,
  isUnpaid,
  key,
  LEFT_OUT,
  NO_RISK,
  ordersByDay,
  placeOf,
  provinceOf,
  type Range,
  REVOKED,
  rangeText,
  riskState,
  sumOf,
  uncertainCompanies,
  withinRange,
} from '../../../test/answers/expected.ts';
import type { Mask } from '../../../test/answers/mask.ts';
import { maskedContent } from '../../../test/answers/masked-content.ts';
import { timelineEvents } from '../../../test/answers/timeline-expected.ts';
import { CATEGORY_NAMES, typeName } from '../../../test/answers/type-names.ts';
import { pushesOf, QUALITY } from '../../../test/answers/view-questions.ts';
import { textOf } from './compare-chart.ts';

type Cells = readonly string[];
/** Both answers, without what the truth does not determine. */
export type Compared = { expected: Answer; actual: Answer };
/** Compares the cells that a chart shows, as texts, with the truth. `limit` is the most rows that the chart shows. */
type Compare = (shown: readonly Cells[], limit: number) => Compared;
export type ChartTruth = {
  compare: Compare;
  /** What is not compared. */
  leftOut?: string;
};

/** The truth of each chart, by the chart's key. An analyst looks at the charts. */
export function chartTruthsOf(truth: SeasonTruth, mask: Mask): Readonly<Record<string, ChartTruth>> {
  const { companies, cases, orders } = truth;
  const uncertain = uncertainCompanies(truth);
  const risksOf = currentRisks(truth);
  const isUncertain = ({ corpKeyNo }: CompanyTruth): boolean => uncertain.has(corpKeyNo);
  const stateOf = (company: CompanyTruth): string => riskState(company, risksOf(company));
  /** A state of which the truth is sure, although it may not be sure of the lists. */
  const isStateCertain = (company: CompanyTruth): boolean => !isUncertain(company) || stateOf(company) === REVOKED;

  /** The number of companies of which this is true, of which it may be true if their lists are uncertain. */
  const rangeOf = (group: readonly CompanyTruth[], fits: (company: CompanyTruth) => boolean): Range => {
    const least = group.filter((company) => isStateCertain(company) && fits(company)).length;
    return { least, most: least + group.filter((company) => !isStateCertain(company)).length };
  };
  const listed = (list: 'abnormal' | 'violation'): Range => {
    const types = uncertainCompanies(truth, [list === 'abnormal' ? '2' : '10']);
    const least = companies.filter((each) => !types.has(each.corpKeyNo) && risksOf(each)[list] !== '').length;
    return { least, most: least + types.size };
  };

  const names = Map.groupBy(companies, ({ corpName, corpKeyNo, kind }) => mask({ kind }, corpName, corpKeyNo));
  const nameOf = (company: CompanyTruth): string => {
    const name = mask(company, company.corpName, company.corpKeyNo);
    return names.get(name)!.length > 1 ? `${name}（${company.corpKeyNo.slice(0, 8)}）` : name;
  };
  const uncertainNames = new Set(companies.filter(isUncertain).map(nameOf));
  const events = companies
    .filter((company) => !isUncertain(company))
    .flatMap((company) => timelineEvents(truth, company.corpKeyNo).map((each) => ({ ...each, name: nameOf(company) })));
  const inexact = new Set(events.filter(({ day }) => !isExactDay(day)).map(({ name, event }) => key(name, event)));

  const changes = changesOf(truth);
  const pushes = pushesOf(truth);
  const casesById = new Map(cases.map((each) => [each.id, each]));
  const unpaid = cases.filter(isUnpaid);
  const byKey = new Map(companies.map((company) => [company.corpKeyNo, company]));
  const days = ordersByDay(truth, '');
  const failedDays = [...days.values()].filter((figures) => figures.endsWith('FAILED')).length;
  // Either the callback or the list may be first.
  const withCallback = new Set(orders.filter(({ callback }) => callback).map(({ orderNo }) => orderNo));
  const good = orders.filter(({ corrupt }) => corrupt === null);

  return {
    'companies-total': number(exactly(companies.length)),
    'abnormal-total': number(listed('abnormal')),
    'violation-total': number(listed('violation')),
    'unpaid-total': number(exactly(unpaid.length)),
    'changes-per-day': counts(
      changes.map((each) => [dayOf(each.firstPushed.pushDate), CATEGORY_NAMES[first(each).category]!]),
    ),
    'companies-by-state': ranking(
      new Map(STATES.map((state) => [state, rangeOf(companies, (company) => stateOf(company) === state)])),
    ),
    'changes-by-type': ranking(countedBy(changes.map(({ type }) => typeName(type)))),
    'companies-by-province': ranking(
      new Map(
        [...Map.groupBy(companies, provinceOf)].map(([province, group]) => [
          province,
          rangeOf(group, (company) => stateOf(company) !== NO_RISK),
        ]),
      ),
    ),
    courts: ranking(countedBy(unpaid.map(({ executeGov }) => executeGov))),
    'latest-high-risk': newest(
      changes
        .filter((each) => first(each).category === '1')
        .map((each) => {
          const { type, company } = each;
          const { pushDate, corpName, direction, text, eventDate } = first(each);
          return [
            ...[dayOf(pushDate), mask(company, corpName, company.corpKeyNo), typeName(type), direction],
            ...[maskedContent({ type, company, text }), eventDate, EVENT_DATE_MEANS[type] ?? '未约定'],
          ];
        }),
      { by: 0 },
    ),
    'company-list': newest(
      companies.map((company) => {
        const own = company.cases.map((id) => casesById.get(id)!).filter(isUnpaid);
        const { abnormal, violation } = risksOf(company);
        const pushed = company.changes.flatMap(({ occurrences }) => occurrences.map(({ pushDate }) => dayOf(pushDate)));
        return [
          ...[nameOf(company), stateOf(company), ...placeOf(company)],
          ...[abnormal, violation, own.length, own.length === 0 ? '' : yuan(sumOf(own)), pushed.sort().at(-1)],
        ];
      }),
      {
        by: 7,
        // Risk state and lists.
        adjust: (cells) =>
          uncertainNames.has(cells[0]!) ? cells.map((cell, at) => ([1, 4, 5].includes(at) ? LEFT_OUT : cell)) : cells,
      },
    ),
    'company-timeline': {
      leftOut: 'content, pushed_day',
      ...newest(
        events.map(({ day, means, name, event }) => [day, means, name, event]),
        {
          by: 0,
          // If no details state an end, any day of a range is right, so its place in the chart is unknown.
          isLeftOut: ([, means, name, event]) =>
            uncertainNames.has(name!) || (means === '移出日期' && inexact.has(key(name, event))),
        },
      ),
    },
    'company-events-per-month': counts(
      changes.map(({ type, firstPushed }) => [`${firstPushed.pushDate.slice(0, 7)}-01`, typeName(type)]),
    ),
    'company-debtor-cases': newest(
      cases.flatMap((each) =>
        each.companies.map((corpKeyNo) => [
          ...[each.publicDate, nameOf(byKey.get(corpKeyNo)!), each.executeGov, each.executeStatus],
          ...[each.amount === '' ? '' : yuan(fenOf(each)), each.lianDate],
        ]),
      ),
      { by: 0 },
    ),
    'days-not-complete': {
      leftOut: 'days without orders',
      ...number({ least: failedDays, most: failedDays + daysSince(orders.at(-1)!.pushDate) }),
    },
    'orders-not-complete': number(exactly(orders.length - good.length)),
    'missing-records': number(exactly(0)),
    'details-waiting': number(exactly(0)),
    'verdicts-per-month': {
      leftOut: 'verdicts of days without orders',
      compare: (shown, limit) =>
        counts([...days].map(([day, figures]) => [`${day.slice(0, 7)}-01`, verdictText(figures)])).compare(
          shown.filter(([, text]) => VERDICT_TEXTS.has(text!)),
          limit,
        ),
    },
    'stored-per-day': {
      // A day without orders has no records.
      compare: (shown, limit) =>
        table([...days].map(([day, figures]) => [day, 'stored_records', figures.split(' | ')[3]])).compare(
          shown.filter(([day, , records]) => days.has(day!) || records !== '0'),
          limit,
        ),
    },
    'field-problems-per-month': table(
      [...Map.groupBy(orders, ({ pushDate }) => `${pushDate.slice(0, 7)}-01`)].flatMap(([month, group]) => {
        const numbers = new Set(group.map(({ orderNo }) => orderNo));
        const own = pushes.filter(({ orderNo }) => numbers.has(orderNo));
        return FIELD_PROBLEMS.map(([metric, problem]) => [month, metric, own.filter(QUALITY[problem]!).length]);
      }),
    ),
    'days-with-trouble': {
      leftOut: 'days without orders',
      compare: (shown, limit) =>
        table(
          [...days]
            .filter(([, figures]) => verdictText(figures) !== COMPLETE_TEXT)
            .map(([day, figures]) => {
              const [count, failed] = figures.split(' | ');
              return [day, verdictText(figures), count, failed, 0, WINDOWS, WINDOWS, 0];
            }),
        ).compare(
          shown.filter(([day]) => days.has(day!)),
          limit,
        ),
    },
    ledger: {
      leftOut: 'received_day; which of callback and reconcile was first',
      compare: (shown, limit) =>
        table(
          orders.map(({ orderNo, pushDate, corrupt, records, callback }) => {
            const source = callback ? LEFT_OUT : 'reconcile';
            const { length } = records;
            return corrupt === null
              ? [dayOf(pushDate), orderNo, source, length, length, 0, length, 0, 'COMPLETE', '']
              : ['', orderNo, source, '', 0, 0, 0, 0, 'FAILED', FAILURES[corrupt]];
          }),
        ).compare(
          shown.map(([_received, ...cells]) =>
            cells.map((cell, at) =>
              at === 2 && withCallback.has(cells[1]!) && ['callback', 'reconcile'].includes(cell) ? LEFT_OUT : cell,
            ),
          ),
          limit,
        ),
    },
  };
}

const STATES = [REVOKED, '严重违法', '失信被执行人', '经营异常', '假冒国企', NO_RISK];
/** What event_date means for these types (6.2.6). */
const EVENT_DATE_MEANS: Readonly<Record<string, string>> = {
  1: '吊销或注销日期',
  2: '最近一次列入日期',
  10: '最近一次列入日期',
  11: '最近一次发布日期',
};
/** Metric of the dataset data_quality → column of the view. */
const FIELD_PROBLEMS = [
  ['without_credit_code', 'no_credit_code'],
  ['wrong_credit_code', 'bad_credit_code'],
  ['unknown_types', 'unknown_type'],
  ['direction_unclear', 'unclear_direction'],
  ['without_event_date', 'no_event_date'],
] as const;
const COMPLETE_TEXT = '齐全';
const FAILED_TEXT = '有失败的订单：其最新轮次没有任何记录';
const VERDICT_TEXTS: ReadonlySet<string> = new Set([COMPLETE_TEXT, FAILED_TEXT]);
const verdictText = (figures: string): string => (figures.endsWith('FAILED') ? FAILED_TEXT : COMPLETE_TEXT);
/** The push windows of a day (document 6.2.1). */
const WINDOWS = 6;
/** Why an order fails whose archive is corrupt in this way. */
const FAILURES: Readonly<Partial<Record<Corruption, string>>> = {
  byte: 'ARCHIVE_AUTHENTICATION',
  password: 'ARCHIVE_PASSWORD',
  truncated: 'ARCHIVE_DAMAGED',
  'not-a-zip': 'ARCHIVE_NOT_ZIP',
};
const daysSince = (pushDate: string): number =>
  (Date.parse(shanghaiDay(Date.now())) - Date.parse(dayOf(pushDate))) / 86_400_000;

const first = <T>({ occurrences }: { occurrences: readonly T[] }): T => occurrences[0]!;
const yuan = (sum: bigint): string => (Number(sum) / 100).toFixed(2);
const exactly = (count: number): Range => ({ least: count, most: count });

function number(range: Range): ChartTruth {
  return {
    compare: (shown) => ({
      expected: new Map([['', rangeText(range)]]),
      actual: answerOf(shown.map(([figure]) => ['', withinRange(figure, range)])),
    }),
  };
}

const cellOf = (value: unknown): string => textOf(value === '' ? null : value);

/** Rows in any order. */
function table(rows: readonly (readonly unknown[])[]): ChartTruth {
  return { compare: (shown) => ({ expected: asRows(rows.map((row) => row.map(cellOf))), actual: asRows(shown) }) };
}

const asRows = (rows: readonly Cells[]): Answer => answerOf(rows.map((row) => [key(...row), 'shown']));

/** The number of equal pairs. */
function counts(pairs: readonly (readonly [string, string])[]): ChartTruth {
  return table([...Map.groupBy(pairs, (pair) => key(...pair)).values()].map((equal) => [...equal[0]!, equal.length]));
}

const countedBy = (values: readonly string[]): ReadonlyMap<string, Range> =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, equal]) => [value, exactly(equal.length)]));

/**
 * The greatest figures, as many as the chart shows at most. A figure that it leaves out must be able to be as small as the smallest that
 * it shows.
 */
export function ranking(figures: ReadonlyMap<string, Range>): ChartTruth {
  return {
    compare(shown, limit) {
      const smallest = Math.min(...shown.map(([, figure]) => Number(figure)));
      const names = new Set(shown.map(([name]) => name));
      const mustShow = [...figures].filter(([name, { least }]) => names.has(name) || least > smallest);
      const countOf = (fits: (range: Range) => boolean): number =>
        Math.min(limit, [...figures.values()].filter(fits).length);
      const rows = { least: countOf(({ least }) => least > 0), most: countOf(({ most }) => most > 0) };
      const isCountWrong = shown.length < rows.least || shown.length > rows.most;
      const expected = new Map(mustShow.map(([name, range]) => [name, rangeText(range)]));
      const actual = new Map(answerOf(shown.map(([name, figure]) => [name!, withinRange(figure, figures.get(name!))])));
      if (isCountWrong) {
        expected.set('number of rows', rangeText(rows));
        actual.set('number of rows', String(shown.length));
      }
      return { expected, actual };
    },
  };
}

type Newest = {
  /** The column by which the chart sorts. */
  by: number;
  adjust?(cells: Cells): Cells;
  isLeftOut?(cells: Cells): boolean;
};

/**
 * The rows with the greatest values of a column. Among the rows that are equal to the last one shown, a chart with as many rows as its
 * limit may choose any, so these are not compared.
 */
export function newest(
  rows: readonly (readonly unknown[])[],
  { by, adjust = (cells) => cells, isLeftOut = () => false }: Newest,
): ChartTruth {
  return {
    compare(shown, limit) {
      const last = shown.at(-1)?.[by] ?? '';
      const isCompared = (cells: Cells): boolean =>
        (shown.length < limit || isGreater(cells[by]!, last)) && !isLeftOut(cells);
      const expected = rows.map((row) => row.map(cellOf)).filter(isCompared);
      const columns = rows[0]?.length ?? 0;
      return {
        expected: asRows(expected.map(adjust)),
        actual: asRows(shown.filter(isCompared).map((cells) => adjust(cells.slice(0, columns)))),
      };
    },
  };
}

/** Rows without a value come last. */
function isGreater(value: string, other: string): boolean {
  if (value === EMPTY || other === EMPTY) return value !== EMPTY && other === EMPTY;
  return Number.isNaN(Number(value)) ? value > other : Number(value) > Number(other);
}

const EMPTY = textOf(null);
