import type {
  ChangeRecord,
  DishonestDebtor,
  EnrichedRecord,
  OperationException,
  SeriousViolation,
} from 'qcc-core/contract/domain';
import { versionToDecimal } from 'qcc-core/contract/version';

/**
 * The columns that hold the change itself, and the archive it came from. Instants are milliseconds and days are day
 * numbers, as on the topic. The sink does not come by here (its write-records.sql names the columns for itself), so that what
 * is compared is said twice and by different means.
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

/** The columns that hold its details. */
export const toDetailColumns = (enriched: Omit<EnrichedRecord, 'record'>) => ({
  detail_status: enriched.detailStatus,
  detail_reason: enriched.detailReason,
  details_fetched_at: enriched.detailsFetchedAt,
  details_total: enriched.detailsTotal,
  details_truncated: enriched.detailsTruncated,
  exceptions: enriched.exceptions.map(toException),
  serious_violations: enriched.seriousViolations.map(toSeriousViolation),
  dishonest_debtors: enriched.dishonestDebtors.map(toDishonestDebtor),
  version: versionToDecimal(enriched.version),
});

const toException = (exception: OperationException) => ({
  add_reason: exception.addReason,
  add_date: exception.addDate,
  remove_reason: exception.removeReason,
  remove_date: exception.removeDate,
  decision_office: exception.decisionOffice,
  remove_decision_office: exception.removeDecisionOffice,
});

const toSeriousViolation = (violation: SeriousViolation) => ({
  add_date: violation.addDate,
  add_office: violation.addOffice,
  add_reason: violation.addReason,
});

const toDishonestDebtor = (debtor: DishonestDebtor) => ({
  id: debtor.id,
  anno: debtor.anno,
  anno_normalized: debtor.annoNormalized,
  execute_gov: debtor.executeGov,
  execute_no: debtor.executeNo,
  execute_status: debtor.executeStatus,
  action_type_name: debtor.actionTypeName,
  lian_date: debtor.lianDate,
  amount: debtor.amount,
  amount_raw: debtor.amountRaw,
  public_date: debtor.publicDate,
});
