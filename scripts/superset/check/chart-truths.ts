/** What each chart has to show, only from the simulator's truth of a season. */
import type { CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import {
  ANY_DAY,
  type Answer,
  answerOf,
  changesOf,
  currentRisks,
  dayOf,
  fenOf,
  isUnpaid,
  key,
  LEFT_OUT,
  NO_RISK,
  ordersByDay,
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
import { textOf } from './compare-chart.ts';

type Cells = readonly string[];
/** Both answers, without what the truth does not determine. */
export type Compared = { expected: Answer; actual: Answer };
/** Compares the cells that a chart shows, as texts, with the truth. */
export type ChartTruth = (shown: readonly Cells[]) => Compared;

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
  const inexact = new Set(events.filter(({ day }) => day === ANY_DAY).map(({ name, event }) => key(name, event)));

  const changes = changesOf(truth);
  const casesById = new Map(cases.map((each) => [each.id, each]));
  const unpaid = cases.filter(isUnpaid);
  const byKey = new Map(companies.map((company) => [company.corpKeyNo, company]));
  const days = ordersByDay(truth, '');
  const failedDays = [...days.values()].filter((figures) => figures.endsWith('FAILED')).length;
  // Either the callback or the list may be first.
  const withCallback = new Set(orders.filter(({ callback }) => callback).map(({ orderNo }) => orderNo));
  const good = orders.filter(({ corrupt }) => corrupt === null);

  return {
    'companies-total': number({ least: companies.length, most: companies.length }),
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
        const isPlaceKnown = provinceOf(company) !== '未知';
        const { province, city } = company.region;
        const pushed = company.changes.flatMap(({ occurrences }) => occurrences.map(({ pushDate }) => dayOf(pushDate)));
        return [
          ...[nameOf(company), stateOf(company), isPlaceKnown ? province : '', isPlaceKnown ? city : ''],
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
    'company-timeline': newest(
      events.map(({ day, means, name, event }) => [day, means, name, event]),
      {
        by: 0,
        // If only a text states an end, its day is not compared.
        isLeftOut: ([, means, name, event]) =>
          uncertainNames.has(name!) || (means === '移出日期' && inexact.has(key(name, event))),
      },
    ),
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
    'days-not-complete': number({ least: failedDays, most: failedDays + MOST_DAYS_WITHOUT_ORDERS }),
    'orders-not-complete': number(exactly(orders.length - good.length)),
    'missing-records': number(exactly(0)),
    'details-waiting': number(exactly(0)),
    'verdicts-per-month': (shown) =>
      counts([...days].map(([day, figures]) => [`${day.slice(0, 7)}-01`, verdictText(figures)]))(
        shown.filter(([, text]) => VERDICT_TEXTS.has(text!)),
      ),
    'stored-per-day': (shown) =>
      table([...days].map(([day, figures]) => [day, 'stored_records', figures.split(' | ')[3]]))(
        shown.filter(([day]) => days.has(day!)),
      ),
    'days-with-trouble': (shown) =>
      table(
        [...days]
          .map(([day, figures]) => [day, verdictText(figures), ...figures.split(' | ').slice(0, 2), 0, 0])
          .filter(([, text]) => text !== COMPLETE_TEXT),
      )(
        shown
          .filter(([day]) => days.has(day!))
          // Without the windows, because the season is sent within minutes.
          .map(([day, text, count, failed, incomplete, _windows, _checked, pending]) => {
            return [day!, text!, count!, failed!, incomplete!, pending!];
          }),
      ),
    ledger: (shown) =>
      table(
        orders.map(({ orderNo, pushDate, corrupt, records, callback }) => {
          const { length } = records;
          const source = callback ? LEFT_OUT : 'reconcile';
          return corrupt === null
            ? [orderNo, dayOf(pushDate), source, length, length, 0, length, 0, 'COMPLETE', '']
            : [orderNo, '', source, '', 0, 0, 0, 0, 'FAILED', LEFT_OUT];
        }),
      )(
        shown.map(([_received, day, orderNo, source, declared, parsed, rejected, stored, pending, status, reason]) => [
          ...[orderNo!, day!, withCallback.has(orderNo!) ? LEFT_OUT : source!, declared!, parsed!, rejected!, stored!],
          ...[pending!, status!, status === 'FAILED' ? LEFT_OUT : reason!],
        ]),
      ),
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
const COMPLETE_TEXT = '齐全';
const FAILED_TEXT = '有失败的订单：其最新轮次没有任何记录';
const VERDICT_TEXTS: ReadonlySet<string> = new Set([COMPLETE_TEXT, FAILED_TEXT]);
const verdictText = (figures: string): string => (figures.endsWith('FAILED') ? FAILED_TEXT : COMPLETE_TEXT);
/** Days after the season, until the day on which it is sent. The truth does not know their verdicts. */
const MOST_DAYS_WITHOUT_ORDERS = 31;

const first = <T>({ occurrences }: { occurrences: readonly T[] }): T => occurrences[0]!;
const yuan = (sum: bigint): string => (Number(sum) / 100).toFixed(2);
const exactly = (count: number): Range => ({ least: count, most: count });

function number(range: Range): ChartTruth {
  return (shown) => ({
    expected: new Map([['', rangeText(range)]]),
    actual: answerOf(shown.map(([figure]) => ['', withinRange(figure, range)])),
  });
}

const cellOf = (value: unknown): string => textOf(value === '' ? null : value);

/** Rows in any order. */
function table(rows: readonly (readonly unknown[])[]): ChartTruth {
  return (shown) => ({ expected: asRows(rows.map((row) => row.map(cellOf))), actual: asRows(shown) });
}

const asRows = (rows: readonly Cells[]): Answer => answerOf(rows.map((row) => [key(...row), 'shown']));

/** The number of equal pairs. */
function counts(pairs: readonly (readonly [string, string])[]): ChartTruth {
  return table([...Map.groupBy(pairs, (pair) => key(...pair)).values()].map((equal) => [...equal[0]!, equal.length]));
}

const countedBy = (values: readonly string[]): ReadonlyMap<string, Range> =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, equal]) => [value, exactly(equal.length)]));

/** The greatest figures. A figure that the chart leaves out must be able to be as small as the smallest that it shows. */
function ranking(figures: ReadonlyMap<string, Range>): ChartTruth {
  return (shown) => {
    const smallest = Math.min(...shown.map(([, figure]) => Number(figure)));
    const names = new Set(shown.map(([name]) => name));
    const mustShow = [...figures].filter(([name, { least }]) => names.has(name) || least > smallest);
    return {
      expected: new Map(mustShow.map(([name, range]) => [name, rangeText(range)])),
      actual: answerOf(shown.map(([name, figure]) => [name!, withinRange(figure, figures.get(name!))])),
    };
  };
}

type Newest = {
  /** The column by which the chart sorts. */
  by: number;
  adjust?(cells: Cells): Cells;
  isLeftOut?(cells: Cells): boolean;
};

/**
 * The rows with the greatest values of a column. Among the rows that are equal to the last one shown, a chart with a limit may choose any,
 * so these are not compared.
 */
function newest(
  rows: readonly (readonly unknown[])[],
  { by, adjust = (cells) => cells, isLeftOut = () => false }: Newest,
): ChartTruth {
  return (shown) => {
    const last = shown.at(-1)?.[by] ?? '';
    const isCompared = (cells: Cells): boolean =>
      (shown.length < LIMIT || isGreater(cells[by]!, last)) && !isLeftOut(cells);
    const expected = rows.map((row) => row.map(cellOf)).filter(isCompared);
    const columns = expected[0]?.length ?? 0;
    return {
      expected: asRows(expected.map(adjust)),
      actual: asRows(shown.filter(isCompared).map((cells) => adjust(cells.slice(0, columns)))),
    };
  };
}

/** The row limit of these charts. */
const LIMIT = 200;
const isGreater = (value: string, other: string): boolean =>
  Number.isNaN(Number(value)) ? value !== '–' && value > other : Number(value) > Number(other);
