import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import { versionToDecimal } from 'qcc-core/contract/version';
import { columnOf, laterColumnOf, laterFields } from 'qcc-details/detail-endpoint';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';

/**
 * The columns that hold the change itself, and the archive it came from. Instants are milliseconds and days are day
 * numbers, as on the topic. The sink does not use this mapping; its write-records.sql lists the columns itself. The audit
 * therefore compares two independent mappings.
 */
export const toChangeColumns = (record: ChangeRecord) => ({
  account: record.account,
  corp_key_no: record.corpKeyNo,
  id: record.id,
  corp_name: record.corpName,
  type: record.type,
  type_name: record.typeName,
  category: record.category,
  category_name: record.categoryName,
  change_content: record.changeContent,
  change_extend: record.changeExtend,
  event_date: record.eventDate,
  change_date: record.changeDate,
  check_id: record.checkId,
  credit_code: record.creditCode,
  reg_no: record.regNo,
  extra: record.extra,
  order_no: record.orderNo,
  revision: record.revision,
  position: record.position,
  push_date: record.pushDate,
  archive_sha256: record.archiveSha256,
  source: record.source,
  parser_version: record.parserVersion,
});

/**
 * The columns that hold its details. Lists and fields are taken from the message, so the audit finds a field that the endpoint's folder
 * does not map to a column. Fields that were added later have separate columns.
 */
export const toDetailColumns = ({
  detailStatus,
  detailReason,
  detailsFetchedAt,
  detailsTotal,
  detailsTruncated,
  detailsComplete,
  detailsIncompleteReason,
  detailsOddRows,
  version,
  ...lists
}: Omit<EnrichedRecord, 'record'>) => ({
  detail_status: detailStatus,
  detail_reason: detailReason,
  details_fetched_at: detailsFetchedAt,
  details_total: detailsTotal,
  details_truncated: detailsTruncated,
  details_complete: detailsComplete,
  details_incomplete_reason: detailsIncompleteReason,
  details_odd_rows: detailsOddRows,
  ...Object.assign({}, ...Object.entries(lists).map(([name, rows]) => listColumns(name, rows))),
  version: versionToDecimal(version),
});

function listColumns(name: string, rows: readonly object[]): Record<string, unknown> {
  const list = DETAIL_ENDPOINTS.map((endpoint) => endpoint.list).find((each) => each.name === name);
  const later = list ? laterFields(list) : [];
  const isFirst = (field: string) => later.every((each) => each.name !== field);
  const first = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([field, value]) => (isFirst(field) ? [[columnOf(field), value]] : [])),
    ),
  );
  const columns = later.map((field) => [laterColumnOf(list!, field), rows.map((row) => Reflect.get(row, field.name))]);
  return { [columnOf(name)]: first, ...Object.fromEntries(columns) };
}
