-- Anybody who has the key can combine a real order number with a forged archive. Until a signed fetch brings the same plaintext, nothing
-- proves that the archive is from QCC, so the order is INCOMPLETE (UNCONFIRMED). This reason takes precedence over reasons from the
-- archive, because the counts of a forged archive prove nothing. A person can close such an order like any other INCOMPLETE order.
CREATE OR REPLACE VIEW {{database}}.orders {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '最新的解析轮次：0 为首次，每次重放加 1',
  source Nullable(String) COMMENT '最早的订单来源：callback 回调、reconcile 对账、replay 重放',
  unconfirmed Bool COMMENT '压缩包来自回调链接，且尚未经签名下载核对一致',
  received_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '收到订单的时间（北京时间）',
  received_day Nullable(Date) COMMENT '收到订单的日期（北京时间）',
  extracted_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '记录全部发布的时间（北京时间）',
  extracted_day Nullable(Date) COMMENT '记录全部发布的日期（北京时间）',
  completed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '订单完整的时间（北京时间）：最后一条记录或决定产生之时，或压缩包确认之时；未完整时为空',
  completed_day Nullable(Date) COMMENT '订单完整的日期（北京时间）',
  push_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '推送时间（北京时间）',
  push_day Nullable(Date) COMMENT '推送日期（北京时间）',
  archive_sha256 Nullable(String) COMMENT '加密压缩包原文的 SHA-256',
  declared Nullable(UInt32) COMMENT '压缩包声明的记录总数（totalSize）；解析后仍为空表示压缩包未声明总数',
  parsed UInt64 COMMENT '解析成功的记录数',
  rejected UInt64 COMMENT '被拒的记录数，内容见 dead_letters',
  discarded UInt64 COMMENT '人工放弃的记录数，见 order_discards',
  stored UInt64 COMMENT '已入库的记录数，清理后仍计入',
  pending_details UInt64 COMMENT '已入库但详情待补全的记录数',
  status String COMMENT '状态：RECEIVED 已收到、EXTRACTING 解析中、STORING 入库中、DETAILS_PENDING 详情待补全、COMPLETE 完整、INCOMPLETE 不完整、FAILED 失败',
  reason Nullable(String) COMMENT '失败或不完整的原因代码；COUNT_MISMATCH 条数与声明不符，RECORDS_REJECTED 有被拒记录未处理，UNDECLARED 压缩包未声明总数、无法证明完整，UNCONFIRMED 压缩包来自回调链接且尚未经签名下载核对一致、可能是伪造的，OVERDUE 超过时限（ORDER_DEADLINE_MS）仍未全部入库',
  missing Array(UInt32) COMMENT '既未入库也未放弃的记录位置，最多列出前 1000 个，完整列表见 missing_ranges',
  missing_ranges Array(Tuple(first UInt32, last UInt32)) COMMENT '既未入库也未放弃的记录位置，闭区间列表，完整',
  create_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '企查查创建订单的时间（北京时间），取自企查查订单列表；未见于列表或列表未给出时为空',
  create_day Nullable(Date) COMMENT '企查查创建订单的日期（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
  (
    SELECT ifNull(toUInt64OrNull(argMax(value, updated_at)), 1800000)
    FROM {{database}}.service_settings WHERE name = 'ORDER_DEADLINE_MS'
  ) AS deadline_ms,
  -- These use `status` as a column. Beside `status`, its expression would be analyzed again for each use, in each query.
  if(begun AND status NOT IN ('COMPLETE', 'FAILED'), toInt64(positions), 0) AS lacks_to,
  CAST(
    arraySort(bitmapToArray(bitmapSubsetInRange(accounted_set, 0, toUInt32(lacks_to)))) AS Array(Int64)
  ) AS accounted
SELECT
  account,
  order_no,
  revision,
  source_first AS source,
  is_unconfirmed AS unconfirmed,
  received_at,
  toDate(received_at) AS received_day,
  extracted_at,
  toDate(extracted_at) AS extracted_day,
  if(
    status = 'COMPLETE',
    greatest(extracted_at, ifNull(progressed_at, extracted_at), if(from_callback_link, listed_at, extracted_at)),
    NULL
  ) AS completed_at,
  toDate(completed_at) AS completed_day,
  push_date_last AS push_date,
  toDate(push_date_last) AS push_day,
  archive_sha256_last AS archive_sha256,
  declared_last AS declared,
  parsed_count AS parsed,
  rejected_count AS rejected,
  discarded_count AS discarded,
  stored_count AS stored,
  pending AS pending_details,
  status,
  multiIf(
    status = 'FAILED', reason_last,
    status != 'INCOMPLETE', NULL,
    is_open, 'OVERDUE',
    is_unconfirmed, 'UNCONFIRMED',
    mismatch, 'COUNT_MISMATCH',
    undecided > 0, 'RECORDS_REJECTED',
    'UNDECLARED'
  ) AS reason,
  -- Each range has at least one position, so the first 1,000 ranges contain the first 1,000 positions.
  arraySlice(
    arrayFlatten(arrayMap(r -> range(r.1, least(r.2, r.1 + 999) + 1), arraySlice(missing_ranges, 1, 1000))),
    1, 1000
  ) AS missing,
  -- Each range begins after an accounted position and ends before the next one.
  arrayFilter(
    gap -> gap.1 <= gap.2,
    arrayMap((after, before) -> (after + 1, before - 1), arrayPushFront(accounted, -1), arrayPushBack(accounted, lacks_to))
  ) AS missing_ranges,
  listed.listed_date AS create_date,
  toDate(listed.listed_date) AS create_day
FROM (
  SELECT
    account, order_no, revision, source_first, listed_at, received_at, extracted_at, progressed_at,
    push_date_last, archive_sha256_last, declared_last, parsed_count, rejected_count, discarded_count, stored_count, pending,
    undecided, reason_last,
    extracted_at IS NULL OR unstored > 0 AS is_open,
    ifNull(unconfirmed_last, false) AS from_callback_link,
    from_callback_link AND listed_at IS NULL AS is_unconfirmed,
    ifNull(declared_last != seen, false) AS mismatch,
    extracting_at IS NOT NULL OR extracted_at IS NOT NULL OR seen > 0 OR stored_count > 0 AS begun,
    greatest(ifNull(received_at, extracting_at), ifNull(extracting_at, received_at)) AS started_at,
    -- A condition that is NULL counts as false.
    if(
      is_open,
      multiIf(
        extracted_at IS NULL AND failed_at >= ifNull(extracting_at, failed_at), 'FAILED',
        toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(started_at) > deadline_ms, 'INCOMPLETE',
        extracted_at IS NOT NULL, 'STORING',
        begun, 'EXTRACTING',
        'RECEIVED'
      ),
      multiIf(
        is_unconfirmed OR declared_last IS NULL OR mismatch OR undecided > 0, 'INCOMPLETE',
        pending > 0, 'DETAILS_PENDING',
        'COMPLETE'
      )
    ) AS status,
    -- The order should have this many positions: the declared number, or all up to the last seen position if these are more.
    greatest(ifNull(declared_last, 0), if(seen = 0, 0, last_seen + 1)) AS positions,
    accounted_set
  FROM (
    SELECT
      account,
      order_no,
      revision,
      groupBitmapMergeState(parsed) AS parsed_set,
      groupBitmapMergeState(rejected) AS rejected_set,
      groupBitmapMergeState(discarded) AS discarded_set,
      groupBitmapMergeState(stored) AS stored_set,
      groupBitmapMergeState(settled) AS settled_set,
      -- Only this set is used further. The others are large, and a join would copy them.
      bitmapOr(stored_set, bitmapAnd(rejected_set, discarded_set)) AS accounted_set,
      bitmapOrCardinality(parsed_set, rejected_set) AS seen,
      greatest(bitmapMax(parsed_set), bitmapMax(rejected_set)) AS last_seen,
      bitmapCardinality(parsed_set) AS parsed_count,
      bitmapCardinality(rejected_set) AS rejected_count,
      bitmapCardinality(discarded_set) AS discarded_count,
      bitmapCardinality(stored_set) AS stored_count,
      bitmapAndnotCardinality(bitmapAndnot(parsed_set, stored_set), rejected_set) AS unstored,
      bitmapAndnotCardinality(rejected_set, accounted_set) AS undecided,
      bitmapAndnotCardinality(stored_set, settled_set) AS pending,
      argMaxMerge(declared) AS declared_last,
      argMaxMerge(push_date) AS push_date_last,
      argMaxMerge(archive_sha256) AS archive_sha256_last,
      argMinMerge(source) AS source_first,
      argMaxMerge(unconfirmed) AS unconfirmed_last,
      argMaxMerge(reason) AS reason_last,
      min(l.received_at) AS received_at,
      min(l.listed_at) AS listed_at,
      max(l.extracting_at) AS extracting_at,
      max(l.extracted_at) AS extracted_at,
      max(l.failed_at) AS failed_at,
      max(l.progressed_at) AS progressed_at
    FROM {{database}}.order_ledger AS l
    GROUP BY account, order_no, revision
    ORDER BY account, order_no, revision DESC
    LIMIT 1 BY account, order_no
  )
) AS ledger
LEFT JOIN (
  SELECT account AS listed_account, listing.1 AS listed_order_no, min(listing.2) AS listed_date
  FROM (SELECT account, arrayJoin(orders) AS listing FROM {{database}}.coverage_facts WHERE kind = 'CHECKED')
  GROUP BY listed_account, listed_order_no
) AS listed ON listed.listed_account = ledger.account AND listed.listed_order_no = ledger.order_no
-- Most of the time of a query is planning. It is shorter with one algorithm for the join, and without a rewrite that finds nothing here.
{{columns closed_to_filters}},
  join_algorithm = 'hash', optimize_and_compare_chain = 0
COMMENT '订单台账：每个账号与订单号一行，取最新解析轮次'
;

ALTER TABLE {{database}}.coverage {{on_cluster}}
  COMMENT COLUMN orders_complete '其中在台账中完整、或已由人工结案的订单数；压缩包未经确认的订单不算完整',
  COMMENT COLUMN complete '时段结束后已对账，且所列订单在台账中均完整（压缩包均已确认）或已由人工结案',
  COMMENT COLUMN verdict '结论：COMPLETE 完整；NOTHING_LISTED 时段结束后已对账，无订单；NOT_CHECKED 时段结束后尚未对账，或所列订单尚未全部完整（含压缩包未经确认的）或结案；GAP 存在未结案的缺口'
;

-- For each order, this table has the set of positions for each detail status and each problem. As in the ledger, a repeated record changes
-- nothing. A record may be derived again with better details, for example by npx qcc rebuild. Then its position is also in the set
-- `repaired`, and the order of the two does not matter.
CREATE TABLE IF NOT EXISTS {{database}}.order_quality {{on_cluster}} (
{{columns table_order_quality}}
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (account, order_no, revision, kind)
SETTINGS fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '各订单的详情状态与数据质量问题，由 record_derivations 经 record_facts 汇总；请查询视图 data_quality'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_quality_feed {{on_cluster}}
TO {{database}}.order_quality (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  kind LowCardinality(String) COMMENT '类别',
  positions AggregateFunction(groupBitmap, UInt32) COMMENT '记录位置集合',
  repaired AggregateFunction(groupBitmap, UInt32) COMMENT '曾以没有该问题的详情写入的记录位置集合'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_order_quality}}
COMMENT '内部：由 record_facts 写入 order_quality'
;

-- This view is created last, after the views that read record_facts. From now on, it derives facts from new records. The INSERT below adds
-- the earlier ones.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.record_facts_feed {{on_cluster}}
TO {{database}}.record_facts (
{{columns table_record_facts}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns derive_record_facts, record_history = record_derivations}}
COMMENT '内部：由 record_derivations 写入 record_facts'
;

INSERT INTO {{database}}.record_facts
{{columns derive_record_facts}}
;

CREATE VIEW IF NOT EXISTS {{database}}.data_quality {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '最新的解析轮次',
  order_day Nullable(Date) COMMENT '订单日期（北京时间）：推送日期；未知时依次取订单号中的日期、创建日期、收到日期',
  status String COMMENT '订单状态，见 dictionary；记录尚未全部写入分析用的表时为 STORING',
  stored UInt64 COMMENT '已入库的记录数',
  details_due UInt64 COMMENT '应有详情的记录数',
  details_enriched UInt64 COMMENT '详情已补全的记录数',
  details_no_result UInt64 COMMENT '企查查查无详情的记录数',
  details_no_check_id UInt64 COMMENT '没有校验 ID、无法查询详情的记录数',
  details_pending UInt64 COMMENT '详情待补全的记录数，含未批准的',
  details_not_approved UInt64 COMMENT '其中因详情查询未获批准而待补全的记录数',
  details_failed UInt64 COMMENT '详情无法补全的记录数',
  details_truncated UInt64 COMMENT '详情过大、未随消息传送、也未能从留存的应答恢复的记录数',
  details_incomplete UInt64 COMMENT '详情不完整的记录数',
  no_credit_code UInt64 COMMENT '没有统一社会信用代码的记录数',
  bad_credit_code UInt64 COMMENT '统一社会信用代码校验位不符的记录数（GB 32100-2015）',
  unknown_type UInt64 COMMENT '监测类型未知的记录数',
  unknown_category UInt64 COMMENT '监测级别未知的记录数',
  unclear_direction UInt64 COMMENT '文字不能说明方向的记录数',
  no_event_date UInt64 COMMENT '应有而没有事件日期的记录数（类型 1、2、10、11）',
  no_change_date UInt64 COMMENT '没有更新日期的记录数'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  o.account AS account, o.order_no AS order_no, o.revision AS revision, o.order_day AS order_day,
  -- The tables for analysts get the records of an order after the ledger has them.
  if(o.status IN ('COMPLETE', 'DETAILS_PENDING', 'INCOMPLETE') AND d.not_derived > 0, 'STORING', o.status) AS status,
  o.stored AS stored,
  q.enriched + q.no_result + q.no_check_id + q.failed + o.pending_details AS details_due,
  q.enriched AS details_enriched, q.no_result AS details_no_result, q.no_check_id AS details_no_check_id,
  o.pending_details AS details_pending,
  least(q.not_approved, o.pending_details) AS details_not_approved,
  q.failed AS details_failed, q.truncated AS details_truncated, q.incomplete AS details_incomplete,
  q.no_credit_code AS no_credit_code, q.bad_credit_code AS bad_credit_code, q.unknown_type AS unknown_type,
  q.unknown_category AS unknown_category, q.unclear_direction AS unclear_direction, q.no_event_date AS no_event_date,
  q.no_change_date AS no_change_date
FROM (
  SELECT account, order_no, revision, status, stored, pending_details, {{columns order_day}} AS order_day
  FROM {{database}}.orders
) AS o
LEFT JOIN (
  SELECT
    account, order_no, revision,
    sumIf(records, kind = 'ENRICHED') AS enriched,
    sumIf(records, kind = 'NO_RESULT') AS no_result,
    sumIf(records, kind = 'NO_CHECK_ID') AS no_check_id,
    sumIf(records, kind = 'FAILED') AS failed,
    sumIf(records, kind = 'NOT_APPROVED') AS not_approved,
    sumIf(records, kind = 'TRUNCATED') AS truncated,
    sumIf(records, kind = 'INCOMPLETE') AS incomplete,
    sumIf(records, kind = 'NO_CREDIT_CODE') AS no_credit_code,
    sumIf(records, kind = 'BAD_CREDIT_CODE') AS bad_credit_code,
    sumIf(records, kind = 'UNKNOWN_TYPE') AS unknown_type,
    sumIf(records, kind = 'UNKNOWN_CATEGORY') AS unknown_category,
    sumIf(records, kind = 'UNCLEAR_DIRECTION') AS unclear_direction,
    sumIf(records, kind = 'NO_EVENT_DATE') AS no_event_date,
    sumIf(records, kind = 'NO_CHANGE_DATE') AS no_change_date
  FROM (
    SELECT s.account AS account, s.order_no AS order_no, s.revision AS revision, s.kind AS kind,
      -- A pending record is settled later, by another version of the same position.
      if(
        kind = 'NOT_APPROVED',
        bitmapAndnotCardinality(s.set_of_kind, l.settled_set),
        bitmapAndnotCardinality(s.set_of_kind, s.repaired_set)
      ) AS records
    FROM (
      SELECT
        account, order_no, revision, kind,
        groupBitmapMergeState(positions) AS set_of_kind, groupBitmapMergeState(repaired) AS repaired_set
      FROM {{database}}.order_quality GROUP BY account, order_no, revision, kind
    ) AS s
    INNER JOIN (
      SELECT account, order_no, revision, groupBitmapMergeState(settled) AS settled_set
      FROM {{database}}.order_ledger GROUP BY account, order_no, revision
    ) AS l ON l.account = s.account AND l.order_no = s.order_no AND l.revision = s.revision
  )
  GROUP BY account, order_no, revision
) AS q ON q.account = o.account AND q.order_no = o.order_no AND q.revision = o.revision
LEFT JOIN (
  SELECT account, order_no, revision,
    bitmapAndnotCardinality(groupBitmapMergeState(stored), groupBitmapMergeState(derived))
      + bitmapAndnotCardinality(groupBitmapMergeState(settled), groupBitmapMergeState(derived_settled)) AS not_derived
  FROM {{database}}.order_ledger GROUP BY account, order_no, revision
) AS d ON d.account = o.account AND d.order_no = o.order_no AND d.revision = o.revision
{{columns view_settings}}
COMMENT '数据质量：每个订单一行，取最新解析轮次；说明详情的状态与有问题的记录数'
;

-- The same view as before, for clients that set join_use_nulls = 1, too.
CREATE OR REPLACE VIEW {{database}}.coverage {{on_cluster}} (
{{columns coverage}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns coverage_of_windows}}
{{columns view_settings}}
COMMENT '订单覆盖情况：每个账号、日期（北京时间）与推送时段一行，说明是否已向企查查核对、所列订单是否完整'
;

CREATE VIEW IF NOT EXISTS {{database}}.data_completeness {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  day Date COMMENT '日期（北京时间）',
  verdict String COMMENT '结论：GAP 有未结案的缺口；FAILED 有失败的订单；INCOMPLETE 有尚不完整的订单，含企查查已列出而尚未收到的、压缩包未经企查查确认的；NOT_CHECKED 有时段尚未与企查查核对；NOTHING_PUSHED 已核对，当日没有订单；DETAILS_MISSING 记录同 COMPLETE，但部分详情未获批准、待补全、失败或不完整；COMPLETE 记录齐全，如有缺少，所属订单已由人工结案，或该记录已由人工放弃，能查询的详情也都已有结论，没有校验 ID 或查无结果的记录仍没有详情，不影响该结论。依次取第一个成立者',
  verdict_text String COMMENT '结论的中文说明',
  orders UInt64 COMMENT '当日的订单数，含失败的、企查查已列出而尚未收到的',
  orders_complete UInt64 COMMENT '完整（含只差详情的）或已由人工结案的订单数；coverage 的同名列不含只差详情的',
  orders_failed UInt64 COMMENT '失败且未结案的订单数',
  orders_incomplete UInt64 COMMENT '其他尚不完整的订单数，含处理中的、企查查已列出而尚未收到的、压缩包未经企查查确认的',
  declared UInt64 COMMENT '各订单声明的记录数之和',
  stored UInt64 COMMENT '已入库的记录数',
  rejected UInt64 COMMENT '被拒的记录数',
  details_due UInt64 COMMENT '应有详情的记录数',
  details_enriched UInt64 COMMENT '详情已补全的记录数',
  details_pending UInt64 COMMENT '详情待补全的记录数，含未批准的',
  details_not_approved UInt64 COMMENT '其中因详情查询未获批准而待补全的记录数',
  details_failed UInt64 COMMENT '详情无法补全的记录数',
  details_truncated UInt64 COMMENT '详情过大、未随消息传送、也未能从留存的应答恢复的记录数',
  details_incomplete UInt64 COMMENT '详情不完整的记录数',
  windows UInt64 COMMENT '当日已开始的推送时段数',
  windows_checked UInt64 COMMENT '其中结束后已与企查查订单列表核对的时段数',
  windows_with_gap UInt64 COMMENT '其中有未结案缺口的时段数'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, day,
  multiIf(
    windows_with_gap > 0, 'GAP',
    orders_failed > 0, 'FAILED',
    orders_incomplete > 0, 'INCOMPLETE',
    windows_checked < windows, 'NOT_CHECKED',
    orders = 0, 'NOTHING_PUSHED',
    details_pending + details_failed + details_truncated + details_incomplete > 0, 'DETAILS_MISSING',
    'COMPLETE'
  ) AS verdict,
  transform(
    verdict,
    ['GAP', 'FAILED', 'INCOMPLETE', 'NOT_CHECKED', 'NOTHING_PUSHED', 'DETAILS_MISSING', 'COMPLETE'],
    [
      '有缺口：可能有订单未被收到', '有失败的订单：其最新轮次没有任何记录', '有尚不完整或未经企查查确认的订单', '尚未全部核对：可能还有订单未收到',
      '已核对，当日没有订单', '部分详情缺失：没有详情不等于没有异常', '齐全'
    ],
    verdict
  ) AS verdict_text,
  orders, orders_complete, orders_failed, orders_incomplete, declared, stored, rejected, details_due, details_enriched, details_pending,
  details_not_approved, details_failed, details_truncated, details_incomplete, windows, windows_checked, windows_with_gap
FROM (
  SELECT
    account, day,
    sum(d.orders) AS orders, sum(d.orders_complete) AS orders_complete, sum(d.orders_failed) AS orders_failed,
    sum(d.orders_incomplete) AS orders_incomplete, sum(d.declared) AS declared, sum(d.stored) AS stored, sum(d.rejected) AS rejected,
    sum(d.details_due) AS details_due, sum(d.details_enriched) AS details_enriched, sum(d.details_pending) AS details_pending,
    sum(d.details_not_approved) AS details_not_approved, sum(d.details_failed) AS details_failed,
    sum(d.details_truncated) AS details_truncated, sum(d.details_incomplete) AS details_incomplete,
    sum(d.windows) AS windows, sum(d.windows_checked) AS windows_checked, sum(d.windows_with_gap) AS windows_with_gap
  FROM (
    SELECT
      o.account AS account, ifNull(o.order_day, toDate(0)) AS day, 1 AS orders,
      q.status IN ('COMPLETE', 'DETAILS_PENDING') OR (o.is_closed AND q.status != 'STORING') AS orders_complete,
      o.status = 'FAILED' AND NOT o.is_closed AS orders_failed,
      NOT orders_complete AND NOT orders_failed AS orders_incomplete,
      ifNull(o.declared, 0) AS declared, o.stored AS stored, o.rejected AS rejected,
      q.details_due AS details_due, q.details_enriched AS details_enriched, q.details_pending AS details_pending,
      q.details_not_approved AS details_not_approved, q.details_failed AS details_failed, q.details_truncated AS details_truncated,
      q.details_incomplete AS details_incomplete, 0 AS windows, 0 AS windows_checked, 0 AS windows_with_gap
    FROM (
      SELECT
        account, order_no, status, declared, stored, rejected,
        {{columns order_day}} AS order_day,
        status IN ('FAILED', 'INCOMPLETE') AND (account, order_no, revision) IN (
          SELECT account, order_no, revision FROM {{database}}.order_closures_in_force
        ) AS is_closed
      FROM {{database}}.orders
    ) AS o
    LEFT JOIN {{database}}.data_quality AS q ON q.account = o.account AND q.order_no = o.order_no
    UNION ALL
    SELECT
      c.account, c.day, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      c.push_window != 'other', c.push_window != 'other' AND checked.is_checked, c.verdict = 'GAP'
    FROM {{database}}.coverage AS c
    LEFT JOIN (
      SELECT
        account, assumeNotNull(f.day) AS day, assumeNotNull(f.push_window) AS push_window,
        argMax(f.covered AND f.closed, (f.at, f.source_offset)) AS is_checked
      FROM {{database}}.coverage_facts AS f
      WHERE kind = 'CHECKED'
      GROUP BY account, day, push_window
    ) AS checked ON checked.account = c.account AND checked.day = c.day AND checked.push_window = c.push_window
    UNION ALL
    -- QCC lists these orders, and the ledger has no event of them yet.
    SELECT account, ifNull({{columns order_day}}, toDate(0)), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM (
      SELECT
        account, listed.order_no AS order_no, CAST(NULL, 'Nullable(Date)') AS push_day,
        toDate(min(listed.create_date)) AS create_day, min(f.day) AS received_day
      FROM {{database}}.coverage_facts AS f
      ARRAY JOIN orders AS listed
      WHERE kind = 'CHECKED' AND (account, listed.order_no) NOT IN (SELECT account, order_no FROM {{database}}.order_ledger)
      GROUP BY account, order_no
    )
  ) AS d
  GROUP BY account, day
)
{{columns view_settings}}
COMMENT '每天的数据是否齐全：每个账号与日期一行，一个结论'
;
