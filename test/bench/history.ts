/** Makes a history as large as years of pushes. ClickHouse generates the rows and inserts them into the tables that the sink writes to. */
import { createHash } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { LONG_STATEMENT } from 'qcc-clickhouse/migrate/migrate';
import { REGIONS } from 'qcc-simulator/vocabulary';
import { until } from '../harness/until.ts';

export const POSITIONS = 5_000;
export const companiesOf = (orders: number): number => (orders * POSITIONS) / 20;

type HistoryTarget = { client: ClickHouseClient; database: string; account: string };

/**
 * Fills the tables with orders of 5,000 positions, twelve a day. A tenth of the ids comes three times, mostly in later orders. The details
 * of every twentieth company come late: its records are stored as pending first, and then as settled. Every twentieth company has a
 * registration number and no credit code.
 * @returns after all merges have ended. The number of parts depends on them.
 */
export async function fillHistory(place: HistoryTarget, { orders }: { orders: number }): Promise<void> {
  const { client, database } = place;
  await client.command({ query: eventsOf(place, orders) });
  const companies = companiesOf(orders);
  for (let first = 0; first < orders; first += ORDERS_AT_ONCE) {
    const count = Math.min(ORDERS_AT_ONCE, orders - first);
    for (const which of ['pending', 'settled'] as const) {
      // Pushes come in their order and are not replayed, so no row has to be amended afterwards.
      for (const into of ['record_history', 'record_derivations'] as const)
        await client.command({
          query: recordsOf(place, { first, count, companies, which, into }),
          clickhouse_settings: { ...LONG_STATEMENT, parallel_view_processing: 1 },
        });
    }
  }
  const merges = `system.merges WHERE database = '${database}'`;
  await until('the merges end', MERGES_MS, async () => (await count(client, merges)) === 0);
}

/**
 * An id comes again in the same dozen, or 72 orders later. The rows of one insert may be derived in several blocks, which do not see each
 * other, so two of them with one id would both count as the first.
 */
const ORDERS_AT_ONCE = 60;
const MERGES_MS = 1_800_000;

async function count(client: ClickHouseClient, from: string): Promise<number> {
  const result = await client.query({ query: `SELECT count() AS n FROM ${from}`, format: 'JSONEachRow' });
  return Number((await result.json<{ n: string }>())[0]!.n);
}

const list = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(', ')}]`;

const ORDERS_A_DAY = 12;
const FIRST_DAY = '2020-01-01';
/** The time when an order was pushed, computed from its number. */
const PUSHED = `toDateTime64('${FIRST_DAY} 09:00:00', 3, 'Asia/Shanghai') + INTERVAL intDiv(order, ${ORDERS_A_DAY}) DAY
  + INTERVAL intDiv(order % ${ORDERS_A_DAY}, 2) * 2 HOUR`;
/** The day of the newest order if there are this many, as YYYY-MM-DD. */
export const lastDayOf = (orders: number): string => daysBefore(FIRST_DAY, -Math.floor((orders - 1) / ORDERS_A_DAY));
export const daysBefore = (day: string, days: number): string =>
  new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10);
const ORDER_NO = `concat('DD', leftPad(toString(order), 22, '0'))`;

/** The key of a company, by its number. */
export const companyOf = (company: number): string => createHash('md5').update(String(company)).digest('hex');
export const orderNoOf = (order: number): string => `DD${String(order).padStart(22, '0')}`;

const eventsOf = ({ database, account }: HistoryTarget, orders: number): string => `
INSERT INTO \`${database}\`.order_events
  (account, order_no, revision, stage, at, positions, source, push_date, declared, archive_sha256, unconfirmed,
   source_topic, source_partition, source_offset, source_time)
WITH number AS order, ${PUSHED} AS pushed
SELECT
  '${account}', ${ORDER_NO}, 0, stage, pushed + INTERVAL step SECOND AS at,
  if(stage = 'PARSED', [(0, ${POSITIONS - 1})], []), if(stage = 'RECEIVED', 'callback', NULL), pushed,
  if(stage = 'RECEIVED', NULL, ${POSITIONS}), if(stage = 'RECEIVED', NULL, lower(hex(SHA256(toString(order))))), false,
  'order-events', 0, order * 4 + step, at
FROM numbers(${orders})
ARRAY JOIN ['RECEIVED', 'EXTRACTING', 'PARSED', 'EXTRACTED'] AS stage, [0, 1, 2, 3] AS step`;

/** `pending` inserts only the records whose details come later, without them. `settled` inserts all records, with their details. */
const recordsOf = (
  { database, account }: HistoryTarget,
  {
    first,
    count,
    companies,
    which,
    into,
  }: {
    first: number;
    count: number;
    companies: number;
    which: 'pending' | 'settled';
    into: 'record_history' | 'record_derivations';
  },
): string => `
INSERT INTO \`${database}\`.${into}
  (account, corp_key_no, id, corp_name, type, type_name, category, category_name, change_content, change_date, credit_code, reg_no,
   order_no, revision, position, push_date, archive_sha256, source, parser_version,
   detail_status, detail_reason, details_fetched_at, details_total, details_truncated,
   exceptions, serious_violations, dishonest_debtors, owner_pseudonym, event_date,
   version, source_topic, source_partition, source_offset, source_time)
WITH
  -- Of each twelve occurrences, numbers 5 and 11 repeat the id of a number 0, mostly from an earlier dozen.
  intDiv(number, 12) AS dozen,
  multiIf(
    -- As one type: a hash of a Variant depends on which of its types a value has.
    number % 12 = 5, toUInt64(12 * (dozen - if(dozen < 30000, 0, 30000))),
    number % 12 = 11, toUInt64(12 * (dozen - if(dozen < 100000, 0, 100000))),
    number
  ) AS one,
  sipHash64(one) % ${companies} AS company,
  ${list(REGIONS.map(({ code }) => code))}[1 + company % ${REGIONS.length}] AS region,
  ${list(REGIONS.map(({ city }) => city))}[1 + company % ${REGIONS.length}] AS city,
  company % 10 = 0 AS is_shop,
  concat(if(is_shop, '92', '91'), region, leftPad(toString(100000000 + company), 9, '0')) AS unchecked,
  '0123456789ABCDEFGHJKLMNPQRTUWXY' AS characters,
  arraySum(
    (character, weight) -> toInt32(character) * weight,
    splitByString('', unchecked), [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
  ) AS checked,
  intDiv(number, ${POSITIONS}) AS order,
  number % ${POSITIONS} AS place,
  ${PUSHED} AS pushed,
  1 + sipHash64(one, 'type') % 13 AS kind,
  ['1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '15'][kind] AS code,
  code IN ('2', '10', '11') AS has_details,
  ${which === 'pending' ? 'true' : 'false'} AS pending,
  pushed + INTERVAL if(company % 20 = 7, 3600, 5) SECOND AS fetched
SELECT
  '${account}', lower(hex(MD5(toString(company)))), lower(hex(MD5(concat('id', toString(one))))),
  concat(city, toString(company), if(is_shop, '号副食店', '号科技有限公司')), code,
  ['吊销或注销', '经营异常', '年报未公示', '法定代表人变更', '企业名称变更', '注册地址变更', '注册资本变更', '经营范围变更',
   '严重违法', '失信被执行人', '股东变更', '经营期限变更', '假冒国企'][kind],
  toString(1 + kind % 3), ['高风险信息', '风险信息', '警示信息'][1 + kind % 3],
  multiIf(
    code IN ('2', '10', '15'), concat('被', if(one % 4 = 3, '移出', '列入'), '名录（第', toString(one), '项）'),
    code = '11', concat('新增失信被执行人（第', toString(one), '项）'),
    code = '3', '未按规定期限公示年度报告',
    concat('第', toString(one), '项变更，登记机关已核准')
  ), toDate(pushed) - 1,
  if(company % 20 = 3, NULL, concat(unchecked, substring(characters, 1 + (31 - checked % 31) % 31, 1))),
  if(company % 20 = 3, concat(region, leftPad(toString(company), 9, '0')), NULL),
  ${ORDER_NO}, 0, place, pushed, lower(hex(SHA256(toString(order)))), 'callback', 1,
  multiIf(NOT has_details, 'NOT_APPLICABLE', pending, 'PENDING', 'ENRICHED'), if(pending, 'QCC_UNREACHABLE', NULL),
  if(has_details AND NOT pending, fetched, NULL), if(has_details AND NOT pending, 1, NULL), false,
  if(code = '2' AND NOT pending, [('通过登记的住所或者经营场所无法联系的', pushed, NULL, NULL, concat(city, '市场监督管理局'), NULL)], []),
  if(code = '10' AND NOT pending, [(toDate32(pushed), concat(city, '市场监督管理局'), '提交虚假材料')], []),
  if(code = '11' AND NOT pending, [(
    hex(one), concat('（2026）执', toString(one), '号'), concat('（2026）执', toString(one), '号'), concat(city, '中级人民法院'),
    concat('（2025）民初', toString(one), '号'), '全部未履行', '有履行能力而拒不履行', toDate32(pushed) - 90,
    toDecimal64(one % 1000000, 2), toString(one % 1000000), toDate32(pushed) - 1
  )], []),
  lower(hex(MD5(concat('owner', toString(company))))), if(code IN ('2', '10'), toDate32(pushed) - if(one % 4 = 3, 30, 1), NULL),
  -- As packVersion has them: pushDate, order number, position, settled, fetch time.
  bitShiftLeft(toUInt256(toUnixTimestamp64Milli(pushed)), 208) + bitShiftLeft(toUInt256(order), 134)
    + bitShiftLeft(toUInt256(place), 48)
    + if(pending, toUInt256(0), bitShiftLeft(toUInt256(1), 47) + toUInt256(if(has_details, toUnixTimestamp64Milli(fetched), 0))),
  'enriched-records', order % 12, number * 2 + NOT pending, if(pending, pushed, fetched)
FROM numbers(${first * POSITIONS}, ${count * POSITIONS})
${which === 'pending' ? 'WHERE has_details AND company % 20 = 7' : ''}`;
