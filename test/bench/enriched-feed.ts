import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { packVersion } from 'qcc-core/contract/version';
import { NO_LISTS } from 'qcc-details/details';
import { normalizeCaseNumber } from 'qcc-details/endpoints/dishonest-debtors/normalize';
import type { Simulator } from 'qcc-simulator/simulator';
import { expectedOf } from '../harness/expected.ts';

const LIST_OF_TYPE: Readonly<Record<string, 'exceptions' | 'seriousViolations' | 'dishonestDebtors'>> = {
  '2': 'exceptions',
  '10': 'seriousViolations',
  '11': 'dishonestDebtors',
};

/** What the pipeline makes of an order, from the simulator's truth: each record with the details it has. */
export function* enrichedFeed(
  simulator: Pick<Simulator, 'truth'>,
  { orderNo, account }: { orderNo: string; account: string },
): Generator<EnrichedRecord> {
  const truth = simulator.truth(orderNo);
  const pushDate = parseShanghaiDateTime(truth.pushDate)!;
  for (const occurrence of truth.occurrences) {
    const { position } = occurrence;
    const { fields, details, hasDetails } = expectedOf(occurrence);
    const list = LIST_OF_TYPE[String(fields.type)];
    const fetchedAt = hasDetails ? pushDate + 60_000 + position : null;
    const settled = !list
      ? 'NOT_APPLICABLE'
      : hasDetails
        ? details.length > 0
          ? 'ENRICHED'
          : 'NO_RESULT'
        : 'NO_CHECK_ID';
    const rows = details.map((row) =>
      list === 'dishonestDebtors' ? { ...row, annoNormalized: normalizeCaseNumber(String(row.anno)) } : row,
    );
    yield {
      record: {
        ...fields,
        account,
        extra: {},
        orderNo,
        revision: 0,
        position,
        pushDate,
        archiveSha256: 'ab'.repeat(32),
        source: 'callback',
        parserVersion: 2,
      } as unknown as EnrichedRecord['record'],
      detailStatus: settled,
      detailReason: null,
      detailsFetchedAt: fetchedAt,
      detailsTotal: hasDetails ? rows.length : null,
      detailsTruncated: false,
      detailsComplete: hasDetails ? true : null,
      detailsIncompleteReason: null,
      detailsOddRows: 0,
      ...NO_LISTS,
      ...(list && { [list]: rows }),
      version: packVersion({ pushDate, orderNo, revision: 0, position, settled: true, fetchedAt }),
    };
  }
}
