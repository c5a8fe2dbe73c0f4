import type { Rest } from 'qcc-core/avro/carrier';
import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import { packVersion } from 'qcc-core/contract/version';
import type { DetailResult } from './detail-result.ts';
import { type Details, listsOf } from './details.ts';
import { NO_PACKED_DETAILS, type PackedDetails, unpackDetails } from './packed-details.ts';

/** What stands behind a change on `enriched-records`, the lists of its details packed. */
export type Enrichment = Omit<Rest<'enriched-records'>, keyof Details> & Pick<PackedDetails, 'lists'>;

/** The change with what is known of its details. */
export function toEnriched(record: ChangeRecord, result: DetailResult): EnrichedRecord {
  const { lists, ...fields } = toEnrichment(record, result);
  return { record, ...fields, ...listsOf(unpackDetails({ ...NO_PACKED_DETAILS, lists })) };
}

/** What is known of the details of a change, and its version: settled beats pending, then the later fetch. */
export function toEnrichment(
  record: Pick<ChangeRecord, 'orderNo' | 'revision' | 'position' | 'pushDate'>,
  result: DetailResult,
): Enrichment {
  const { total, oddRows, incompleteReason, lists } = result.status === 'ENRICHED' ? result.details : NO_PACKED_DETAILS;
  const hasResponse = result.status === 'ENRICHED' || result.status === 'NO_RESULT';
  const fetchedAt = hasResponse ? result.fetchedAt : null;
  return {
    detailStatus: result.status,
    detailReason: 'reason' in result ? result.reason : null,
    detailsFetchedAt: fetchedAt,
    detailsTotal: hasResponse ? total : null,
    detailsTruncated: false,
    detailsComplete: hasResponse ? incompleteReason === null : null,
    detailsIncompleteReason: incompleteReason,
    detailsOddRows: oddRows,
    lists,
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
 * The same without the rows of its details, for a message that its topic would refuse. `detailsTotal` still says how many there are.
 * Readers of the topic then lack these rows; the sink reads them from the kept responses.
 */
export const withoutDetails = (enrichment: Enrichment): Enrichment => ({
  ...enrichment,
  lists: NO_PACKED_DETAILS.lists,
  detailsTruncated: true,
});
