-- A message of enriched-records, and its place, as a row of record_history. The fields of the value are read by their
-- paths; those that have the column's type go in as they are, arrays of records as tuples in the column's order. The lists of
-- details come from the folders of the detail endpoints, see detail-lists.ts.
INSERT INTO {{table}} (
  account, corp_key_no, id, corp_name, type, type_name, category, category_name, change_content, change_extend,
  event_date, change_date, check_id, credit_code, reg_no, extra, order_no, revision, position, push_date,
  archive_sha256, source, parser_version,
  detail_status, detail_reason, details_fetched_at, details_total, details_truncated,
  details_complete, details_incomplete_reason, details_odd_rows,
  {{list columns}},
  version, owner_pseudonym, source_topic, source_partition, source_offset, source_time
)
SELECT
  `e.record.account`, `e.record.corpKeyNo`, `e.record.id`, `e.record.corpName`, `e.record.type`, `e.record.typeName`,
  `e.record.category`, `e.record.categoryName`, `e.record.changeContent`, `e.record.changeExtend`,
  `e.record.eventDate`, `e.record.changeDate`, `e.record.checkId`, `e.record.creditCode`, `e.record.regNo`,
  `e.record.extra`, `e.record.orderNo`, `e.record.revision`, `e.record.position`, `e.record.pushDate`,
  `e.record.archiveSha256`, `e.record.source`, `e.record.parserVersion`,
  `e.detailStatus`, `e.detailReason`, `e.detailsFetchedAt`, `e.detailsTotal`, `e.detailsTruncated`,
  `e.detailsComplete`, `e.detailsIncompleteReason`, `e.detailsOddRows`,
  {{list values}},
  reinterpretAsUInt256(reverse(`e.version`)), owner_pseudonym,
  source_topic, source_partition, source_offset, source_time
FROM input('
  `e.record.account` String, `e.record.corpKeyNo` String, `e.record.id` String, `e.record.corpName` Nullable(String),
  `e.record.type` String, `e.record.typeName` Nullable(String), `e.record.category` Nullable(String),
  `e.record.categoryName` Nullable(String), `e.record.changeContent` Nullable(String),
  `e.record.changeExtend` Nullable(String), `e.record.eventDate` Nullable(Date32), `e.record.changeDate` Nullable(Date32),
  `e.record.checkId` Nullable(String), `e.record.creditCode` Nullable(String), `e.record.regNo` Nullable(String),
  `e.record.extra` Map(String, String), `e.record.orderNo` String, `e.record.revision` UInt32,
  `e.record.position` UInt32, `e.record.pushDate` DateTime64(3), `e.record.archiveSha256` String,
  `e.record.source` String, `e.record.parserVersion` UInt32,
  `e.detailStatus` String, `e.detailReason` Nullable(String), `e.detailsFetchedAt` Nullable(DateTime64(3)),
  `e.detailsTotal` Nullable(UInt32), `e.detailsTruncated` Bool,
  `e.detailsComplete` Nullable(Bool), `e.detailsIncompleteReason` Nullable(String), `e.detailsOddRows` UInt32,
  {{list fields}},
  `e.version` FixedString(32), owner_pseudonym Nullable(String),
  source_topic String, source_partition UInt32, source_offset UInt64, source_time DateTime64(3)
')
FORMAT Avro
