-- An archive may declare millions of records and hold one, so nothing here costs more because of what is declared: the
-- missing positions are the gaps between those that are accounted for. An archive that declares no total cannot be proven
-- complete: its order is INCOMPLETE (UNDECLARED).
CREATE OR REPLACE VIEW {{database}}.orders {{on_cluster}} (
{{columns order}},
  missing_ranges Array(Tuple(first UInt32, last UInt32)) COMMENT '既未入库也未放弃的记录位置，闭区间列表，完整'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
  (
    SELECT ifNull(toUInt64OrNull(argMax(value, updated_at)), 1800000)
    FROM {{database}}.service_settings WHERE name = 'ORDER_DEADLINE_MS'
  ) AS deadline_ms,
  bitmapOr(stored_set, bitmapAnd(rejected_set, discarded_set)) AS accounted_set,
  bitmapOr(parsed_set, rejected_set) AS seen_set,
  bitmapCardinality(seen_set) AS seen,
  bitmapAndnotCardinality(parsed_set, bitmapOr(stored_set, rejected_set)) AS unstored,
  bitmapAndnotCardinality(rejected_set, accounted_set) AS undecided,
  declared_last IS NULL AS undeclared,
  ifNull(declared_last != seen, false) AS mismatch,
  extracting_at IS NOT NULL OR extracted_at IS NOT NULL OR seen > 0 OR stored > 0 AS begun,
  greatest(ifNull(received_at, extracting_at), ifNull(extracting_at, received_at)) AS started_at,
  multiIf(
    extracted_at IS NOT NULL AND unstored > 0, 'STORING',
    extracted_at IS NOT NULL AND (undeclared OR mismatch OR undecided > 0), 'INCOMPLETE',
    extracted_at IS NOT NULL AND pending_details > 0, 'DETAILS_PENDING',
    extracted_at IS NOT NULL, 'COMPLETE',
    failed_at IS NOT NULL AND failed_at >= ifNull(extracting_at, failed_at), 'FAILED',
    begun, 'EXTRACTING',
    'RECEIVED'
  ) AS progress,
  progress IN ('RECEIVED', 'EXTRACTING', 'STORING')
    AND ifNull(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(started_at) > deadline_ms, false) AS overdue,
  -- Positions that should be there: those that are declared, and all up to the last that was seen.
  greatest(ifNull(declared_last, 0), if(seen = 0, 0, bitmapMax(seen_set) + 1)) AS positions,
  begun AND status NOT IN ('COMPLETE', 'FAILED') AS may_lack,
  if(may_lack, arraySort(bitmapToArray(bitmapSubsetInRange(accounted_set, 0, positions))), []) AS accounted,
  -- From behind each accounted position to before the next.
  arrayZip(
    arrayPushFront(arrayMap(p -> toInt64(p) + 1, accounted), 0),
    arrayPushBack(arrayMap(p -> toInt64(p) - 1, accounted), toInt64(positions) - 1)
  ) AS gaps
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
  bitmapCardinality(stored_set) AS stored,
  bitmapAndnotCardinality(stored_set, settled_set) AS pending_details,
  if(overdue, 'INCOMPLETE', progress) AS status,
  multiIf(
    status = 'FAILED', reason_last,
    overdue, 'OVERDUE',
    status = 'INCOMPLETE' AND mismatch, 'COUNT_MISMATCH',
    status = 'INCOMPLETE' AND undecided > 0, 'RECORDS_REJECTED',
    status = 'INCOMPLETE', 'UNDECLARED',
    NULL
  ) AS reason,
  -- The first 1,000, of at most as many ranges.
  arraySlice(
    arrayFlatten(arrayMap(r -> range(r.first, least(r.last, r.first + 999) + 1), arraySlice(missing_ranges, 1, 1000))),
    1, 1000
  ) AS missing,
  if(
    may_lack,
    CAST(arrayFilter(gap -> gap.1 <= gap.2, gaps) AS Array(Tuple(first UInt32, last UInt32))),
    []
  ) AS missing_ranges
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
{{columns closed_to_filters}}
COMMENT '订单台账：每个账号与订单号一行，取最新解析轮次'
;

ALTER TABLE {{database}}.orders {{on_cluster}}
  COMMENT COLUMN declared '压缩包声明的记录总数（totalSize）；解析后仍为空表示压缩包未声明总数',
  COMMENT COLUMN reason '失败或不完整的原因代码；COUNT_MISMATCH 条数与声明不符，RECORDS_REJECTED 有被拒记录未处理，UNDECLARED 压缩包未声明总数、无法证明完整，OVERDUE 超过时限（ORDER_DEADLINE_MS）仍未全部入库',
  COMMENT COLUMN missing '既未入库也未放弃的记录位置，最多列出前 1000 个，完整列表见 missing_ranges'
;
