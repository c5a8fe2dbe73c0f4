/** Questions about whole views: each row is compared with the truth. */
import type { CompanyTruth, OccurrenceTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { shanghaiDay } from 'qcc-simulator/shanghai';
import {
  type Answer,
  answerOf,
  changesOf,
  currentRisks,
  dayOf,
  detailStatus,
  endOf,
  evidenceOf,
  fenOf,
  isMissingDetails,
  isUnpaid,
  key,
  LEFT_OUT,
  officesOf,
  placeOf,
  reasonClasses,
  riskState,
  sorted,
  spellsOf,
  stated,
  sumOf,
  THREE_LEFT_OUT,
  uncertainCompanies,
  withinEnd,
} from './expected.ts';
import { clear, type Mask } from './mask.ts';
import { maskedContent } from './masked-content.ts';
import { fen, isTrue, type Question, type Row } from './question.ts';
import { hasDetails, isKnownType } from './type-names.ts';

type Rows = (readonly [key: string, figures: string])[];

export function viewQuestionsOf(truth: SeasonTruth, masked: Mask): Question[] {
  const uncertain = uncertainCompanies(truth);
  return [
    companiesQuestion(truth, masked, uncertain),
    changesQuestion(truth, masked),
    spellsQuestion(truth, uncertain),
    casesQuestion(truth),
    qualityQuestion(truth),
  ];
}

const isSoleTrader = ({ kind }: CompanyTruth): boolean => kind === 'sole trader';
const validCode = ({ creditCode, hasWrongCheckDigit }: CompanyTruth): string | null =>
  hasWrongCheckDigit ? null : creditCode;
const atOf = (time: unknown): string => String(time).slice(0, 19);
const texts = (values: unknown): string => (values as string[]).toSorted().join('、');

function companiesQuestion(truth: SeasonTruth, masked: Mask, uncertain: ReadonlySet<string>): Question {
  const risksOf = currentRisks(truth);
  const casesOf = new Map(truth.cases.map((each) => [each.id, each]));
  const expect = (mask: Mask): Answer =>
    new Map(
      truth.companies.map((company) => {
        const { corpKeyNo, corpName, regNo, revoked, formerNames, changes } = company;
        const isHidden = mask === masked && isSoleTrader(company);
        const pushes = changes.flatMap(({ occurrences }) => occurrences);
        const names = [...formerNames.map(({ name }) => name), ...pushes.map((push) => push.corpName)];
        const former = isHidden ? [] : [...new Set(names)].filter((name) => name !== corpName);
        const codes = isHidden ? ['', ''] : [validCode(company), regNo];
        const seen = pushes.map(({ pushDate }) => pushDate).sort();
        const risks = risksOf(company);
        const lists = uncertain.has(corpKeyNo)
          ? THREE_LEFT_OUT
          : key(riskState(company, risks), risks.abnormal, risks.violation);
        const own = company.cases.map((id) => casesOf.get(id)!);
        const unpaid = own.filter(isUnpaid);
        return [
          corpKeyNo,
          key(
            ...[own.length, unpaid.length, sumOf(unpaid)],
            ...[mask(company, corpName, corpKeyNo), ...codes, texts(former), kindOf(company), ...placeOf(company)],
            ...[seen[0], seen.at(-1), revoked?.day, lists],
          ),
        ];
      }),
    );
  return {
    asked: { view: 'companies', hasMasked: true },
    expected: expect(clear),
    expectedMasked: expect(masked),
    totals: { cases: 0, unpaid: 1, 'unpaid amount in fen': 2 },
    actual: (rows) =>
      answerOf(
        rows.map((row) => [
          String(row.corp_key_no),
          key(
            ...[row.debtor_cases, row.unpaid_debtor_cases, fen(row.unpaid_amount)],
            ...[row.corp_name, row.credit_code, row.reg_no, texts(row.former_names), row.kind, row.province, row.city],
            ...[atOf(row.first_seen_at), atOf(row.last_seen_at), row.revoked_day],
            uncertain.has(String(row.corp_key_no))
              ? THREE_LEFT_OUT
              : key(row.risk_state, row.abnormal_since_day, row.violation_since_day),
          ),
        ]),
      ),
  };
}

const kindOf = (company: CompanyTruth): string => (isSoleTrader(company) ? '个体工商户' : '企业');

function changesQuestion(truth: SeasonTruth, masked: Mask): Question {
  const expect = (mask: Mask): Answer =>
    new Map(
      changesOf(truth).flatMap(({ id, type, company, occurrences }) =>
        occurrences.map((push, at): [string, string] => {
          const { corpKeyNo } = company;
          const isMasked = mask === masked;
          const isCodeHidden = isMasked && (isSoleTrader(company) || company.hasWrongCheckDigit);
          const content = isMasked ? maskedContent({ type, company, text: push.text }) : push.text;
          const first = occurrences[0]!.pushDate;
          return [
            key(push.orderNo, push.position),
            key(
              ...[
                at === 0 ? 0 : 1,
                corpKeyNo,
                id,
                type,
                push.category,
                push.direction,
                push.eventDate,
                push.changeDate,
              ],
              ...[push.pushDate, Number(push.pushDate.slice(11, 13)), first, dayOf(first)],
              ...[mask(company, push.corpName, corpKeyNo), isCodeHidden ? '' : push.creditCode, content],
              hasDetails(type) ? detailStatus(push) : 'NOT_APPLICABLE',
            ),
          ];
        }),
      ),
    );
  return {
    asked: { view: 'changes', hasMasked: true },
    expected: expect(clear),
    expectedMasked: expect(masked),
    totals: { repeats: 0 },
    actual: (rows) =>
      answerOf(
        rows.map((row) => [
          key(row.order_no, row.position),
          key(
            ...[isTrue(row.is_repeat) ? 1 : 0, row.corp_key_no, row.id, row.type, row.category, row.direction],
            ...[row.event_date, row.change_date, row.pushed_local, row.push_hour, atOf(row.first_pushed_at)],
            ...[row.first_pushed_day, row.corp_name, row.credit_code, row.change_content, row.detail_status],
          ),
        ]),
      ),
  };
}

/** Spells of companies whose spells are all certain. */
function spellsQuestion(truth: SeasonTruth, uncertain: ReadonlySet<string>): Question {
  const nth = new Map<string, number>();
  const ends = new Map<string, string>();
  const rows: Rows = (['2', '10'] as const).flatMap((type) =>
    spellsOf(truth, type).flatMap(({ company, spell }): Rows => {
      const known = stated(spell);
      if (known === null || uncertain.has(company.corpKeyNo)) return [];
      const number = (nth.get(key(company.corpKeyNo, type)) ?? 0) + 1;
      nth.set(key(company.corpKeyNo, type), number);
      const place = key(company.corpKeyNo, type, number);
      const { entries } = spell;
      const isMissing = isMissingDetails(spell);
      const end = known.until === null ? '' : endOf({ ...spell, until: known.until });
      if (end !== '') ends.set(place, end);
      const open = entries.filter(({ until }) => until === null).length;
      return [
        [
          place,
          key(
            ...[entries.length, open, known.since, end, end === '' ? TO_TODAY : TO_END],
            type === '10' && open < entries.length && !isMissing ? LEFT_OUT : evidenceOf(spell),
            ...[isMissing, reasonClasses(spell), officesOf(spell)],
          ),
        ],
      ];
    }),
  );
  const expected = answerOf(rows);
  return {
    asked: { view: 'list_spells', hasMasked: true },
    expected,
    totals: { entries: 0, 'open entries': 1 },
    actual: (given) =>
      answerOf(
        given
          .filter(({ corp_key_no: company }) => !uncertain.has(String(company)))
          .map((row) => {
            const place = key(row.corp_key_no, row.list, row.spell_no);
            const isOn = isTrue(row.is_on);
            const isMissing = isTrue(row.details_missing);
            // Details of 严重违法 have no removal day, so either details or a text may show that an entry ended.
            const isEvidenceLeftOut = row.list === '10' && Number(row.open_entries) < Number(row.entries) && !isMissing;
            return [
              place,
              key(
                ...[
                  row.entries,
                  row.open_entries,
                  row.since_day,
                  isOn ? '' : withinEnd(row.until_day, ends.get(place)),
                ],
                durationOf(row),
                isEvidenceLeftOut ? LEFT_OUT : row.evidence,
                ...[isMissing, sorted(row.add_reason_classes as string[]), sorted(row.offices as string[])],
              ),
            ];
          }),
      ),
  };
}

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000;

/** The duration of an open spell, if it is counted to today in Beijing. */
const TO_TODAY = 'to today';
/** The duration of a spell that ended, if it is counted to the end in the same row. */
const TO_END = 'to the end';

function durationOf({ is_on, since_day, until_day, duration_days }: Row): string {
  // Midnight may have passed since the query.
  const todays = [Date.now(), Date.now() - 60_000].map((at) => shanghaiDay(at));
  const ends = isTrue(is_on) ? todays : [String(until_day)];
  if (!ends.some((end) => daysBetween(String(since_day), end) === Number(duration_days))) return String(duration_days);
  return isTrue(is_on) ? TO_TODAY : TO_END;
}

function casesQuestion({ cases }: SeasonTruth): Question {
  return {
    asked: { view: 'debtor_cases', hasMasked: true },
    expected: new Map(
      cases.map((each) => [
        each.id,
        key(
          ...[isUnpaid(each) ? 1 : 0, fenOf(each), each.executeGov, each.executeStatus, each.lianDate, each.publicDate],
          ...[each.amount === '', each.companies.length, texts(each.companies), dayOf(each.reports.at(-1)!.pushDate)],
        ),
      ]),
    ),
    totals: { unpaid: 0, 'amount in fen': 1 },
    actual: (rows) =>
      answerOf(
        rows.map((row) => [
          String(row.case_id),
          key(
            ...[isTrue(row.is_unpaid) ? 1 : 0, fen(row.amount), row.execute_gov, row.execute_status, row.lian_date],
            ...[row.public_date, row.amount === null, row.companies, texts(row.corp_key_nos), row.push_day],
          ),
        ]),
      ),
  };
}

type Pushed = OccurrenceTruth & { type: string; company: CompanyTruth };

/** Every delivered record. */
export const pushesOf = (truth: SeasonTruth): Pushed[] =>
  changesOf(truth).flatMap(({ type, company, occurrences }) => occurrences.map((push) => ({ ...push, type, company })));

/** Figure of data_quality → whether a record counts in it. An order that failed has no records. */
export const QUALITY: Readonly<Record<string, (push: Pushed) => boolean>> = {
  stored: () => true,
  details_due: ({ type }) => hasDetails(type),
  details_enriched: (push) => hasDetails(push.type) && detailStatus(push) === 'ENRICHED',
  details_no_result: (push) => hasDetails(push.type) && detailStatus(push) === 'NO_RESULT',
  details_no_check_id: (push) => hasDetails(push.type) && detailStatus(push) === 'NO_CHECK_ID',
  details_pending: () => false,
  details_failed: () => false,
  details_truncated: () => false,
  details_incomplete: () => false,
  no_credit_code: ({ creditCode }) => creditCode === null,
  bad_credit_code: ({ creditCode, company }) => creditCode !== null && company.hasWrongCheckDigit,
  unknown_type: ({ type }) => !isKnownType(type),
  unknown_category: ({ category }) => !['1', '2', '3'].includes(category),
  unclear_direction: ({ type, direction }) => isKnownType(type) && direction === null,
  no_event_date: ({ type, eventDate }) => ['1', '2', '10', '11'].includes(type) && eventDate === null,
  no_change_date: ({ changeDate }) => changeDate === '',
};
function qualityQuestion(truth: SeasonTruth): Question {
  const ofOrders = Map.groupBy(pushesOf(truth), ({ orderNo }) => orderNo);
  const names = Object.keys(QUALITY);
  return {
    asked: { view: 'data_quality', hasMasked: false },
    expected: new Map(
      truth.orders.map(({ orderNo, pushDate, corrupt }) => {
        const own = ofOrders.get(orderNo) ?? [];
        const figures = Object.values(QUALITY).map((fits) => own.filter(fits).length);
        return [orderNo, key(...figures, corrupt === null ? 'COMPLETE' : 'FAILED', dayOf(pushDate))];
      }),
    ),
    totals: Object.fromEntries(names.map((name, at) => [name, at])),
    actual: (rows: readonly Row[]) =>
      answerOf(
        rows.map((row) => [String(row.order_no), key(...names.map((name) => row[name]), row.status, row.order_day)]),
      ),
  };
}
