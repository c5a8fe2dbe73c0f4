-- Returns the same rows as before, but takes less time to plan: ClickHouse plans an alias again at each use, and a subquery's column once.
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
  completed_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '订单完整的时间（北京时间）：最后一条记录或决定产生之时；未完整时为空',
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
  reason Nullable(String) COMMENT '失败或不完整的原因代码；COUNT_MISMATCH 条数与声明不符，RECORDS_REJECTED 有被拒记录未处理，UNDECLARED 压缩包未声明总数、无法证明完整，OVERDUE 超过时限（ORDER_DEADLINE_MS）仍未全部入库',
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
  ) AS deadline_ms
SELECT
  account,
  order_no,
  revision,
  source_first AS source,
  ifNull(unconfirmed_last, false) AND listed_at IS NULL AS unconfirmed,
  received_at,
  toDate(received_at) AS received_day,
  extracted_at,
  toDate(extracted_at) AS extracted_day,
  if(status = 'COMPLETE', greatest(extracted_at, ifNull(progressed_at, extracted_at)), NULL) AS completed_at,
  toDate(completed_at) AS completed_day,
  push_date_last AS push_date,
  toDate(push_date_last) AS push_day,
  archive_sha256_last AS archive_sha256,
  declared_last AS declared,
  bitmapCardinality(parsed_set) AS parsed,
  bitmapCardinality(rejected_set) AS rejected,
  bitmapCardinality(discarded_set) AS discarded,
  stored_count AS stored,
  pending AS pending_details,
  status,
  multiIf(
    status = 'FAILED', reason_last,
    status != 'INCOMPLETE', NULL,
    is_open, 'OVERDUE',
    mismatch, 'COUNT_MISMATCH',
    undecided > 0, 'RECORDS_REJECTED',
    'UNDECLARED'
  ) AS reason,
  -- The first 1,000, of at most as many ranges.
  arraySlice(
    arrayFlatten(arrayMap(r -> range(r.first, least(r.last, r.first + 999) + 1), arraySlice(missing_ranges, 1, 1000))),
    1, 1000
  ) AS missing,
  -- From behind each accounted position to before the next.
  CAST(
    arrayFilter(
      gap -> gap.1 <= gap.2,
      arrayMap((after, before) -> (after + 1, before - 1), arrayPushFront(accounted, -1), arrayPushBack(accounted, lacks_to))
    ) AS Array(Tuple(first UInt32, last UInt32))
  ) AS missing_ranges,
  listed.listed_date AS create_date,
  toDate(listed.listed_date) AS create_day
FROM (
  SELECT
    account, order_no, revision, source_first, unconfirmed_last, listed_at, received_at, extracted_at, progressed_at,
    push_date_last, archive_sha256_last, declared_last, parsed_set, rejected_set, discarded_set, stored_count, pending,
    undecided, reason_last,
    extracted_at IS NULL OR unstored > 0 AS is_open,
    ifNull(declared_last != seen, false) AS mismatch,
    extracting_at IS NOT NULL OR extracted_at IS NOT NULL OR seen > 0 OR stored_count > 0 AS begun,
    greatest(ifNull(received_at, extracting_at), ifNull(extracting_at, received_at)) AS started_at,
    multiIf(
      NOT is_open AND (declared_last IS NULL OR mismatch OR undecided > 0), 'INCOMPLETE',
      NOT is_open AND pending > 0, 'DETAILS_PENDING',
      NOT is_open, 'COMPLETE',
      extracted_at IS NULL AND failed_at >= ifNull(extracting_at, failed_at), 'FAILED',
      ifNull(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(started_at) > deadline_ms, false), 'INCOMPLETE',
      extracted_at IS NOT NULL, 'STORING',
      begun, 'EXTRACTING',
      'RECEIVED'
    ) AS status,
    -- Positions that should be there: those that are declared, and all up to the last that was seen.
    greatest(ifNull(declared_last, 0), if(seen = 0, 0, bitmapMax(seen_set) + 1)) AS positions,
    if(begun AND status NOT IN ('COMPLETE', 'FAILED'), toInt64(positions), 0) AS lacks_to,
    CAST(
      arraySort(bitmapToArray(bitmapSubsetInRange(accounted_set, 0, toUInt32(lacks_to)))) AS Array(Int64)
    ) AS accounted
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
      bitmapOr(parsed_set, rejected_set) AS seen_set,
      bitmapOr(stored_set, bitmapAnd(rejected_set, discarded_set)) AS accounted_set,
      bitmapCardinality(seen_set) AS seen,
      bitmapCardinality(stored_set) AS stored_count,
      bitmapAndnotCardinality(parsed_set, bitmapOr(stored_set, rejected_set)) AS unstored,
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
{{columns closed_to_filters}}
COMMENT '订单台账：每个账号与订单号一行，取最新解析轮次'
;
