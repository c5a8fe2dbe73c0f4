import { NO_DETAILS } from 'qcc-core/details/detail-endpoint';
import type { ChangeRecord, EnrichedRecord } from 'qcc-core/domain';
import { packVersion } from 'qcc-core/version';
import type { DetailResult } from './detail-result.ts';

/** The change with what is known of its details, and its version: settled beats pending, then the later fetch. */
export function toEnriched(record: ChangeRecord, result: DetailResult): EnrichedRecord {
  const { total, ...lists } = result.status === 'ENRICHED' ? result.details : NO_DETAILS;
  const isAnswered = result.status === 'ENRICHED' || result.status === 'NO_RESULT';
  const fetchedAt = isAnswered ? result.fetchedAt : null;
  return {
    record,
    detailStatus: result.status,
    detailReason: 'reason' in result ? result.reason : null,
    detailsFetchedAt: fetchedAt,
    detailsTotal: isAnswered ? total : null,
    detailsTruncated: false,
    ...lists,
    version: packVersion({
      pushDate: record.pushDate,
      orderNo: record.orderNo,
      revision: record.revision,
      position: record.position,
      settled: result.status !== 'PENDING',
      fetchedAt,
    }),
  };
}

/**
 * The same without the rows of its details, for a message that its topic would refuse; `detailsTotal` still says how
 * many there are. Whoever reads the topic lacks these rows then; the sink has them from the kept answers.
 */
export const withoutDetails = (enriched: EnrichedRecord): EnrichedRecord => ({
  ...enriched,
  exceptions: [],
  seriousViolations: [],
  dishonestDebtors: [],
  detailsTruncated: true,
});
