import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { DetailRequest } from 'qcc-details/detail-need';
import { type Details, unparsedOf } from 'qcc-details/details';

/**
 * Counts what is odd in the details of one lookup, and logs it once: values that cannot be read, rows that were left out, and lists
 * that may lack rows. The log names fields and numbers, never what QCC sent.
 */
export const createNoteOddDetails =
  ({
    log,
    metrics,
  }: {
    log: Pick<Log, 'debug' | 'warn'>;
    metrics: Pick<Metrics, 'detailValuesUnparsed' | 'detailRowsOdd' | 'detailListsIncomplete'>;
  }) =>
  ({ endpoint, corpKeyNo }: DetailRequest, details: Details): void => {
    const name = endpoint.call.name;
    const unparsed = unparsedOf(endpoint.list, details);
    const { oddRows, incompleteReason, total } = details;
    for (const [field, count] of Object.entries(unparsed)) {
      metrics.detailValuesUnparsed.inc({ endpoint: name, field }, count);
    }
    if (oddRows > 0) metrics.detailRowsOdd.inc({ endpoint: name }, oddRows);
    if (incompleteReason !== null) metrics.detailListsIncomplete.inc({ endpoint: name, reason: incompleteReason });
    const facts = { endpoint: name, corpKeyNo, total, oddRows, incompleteReason, unparsed };
    if (incompleteReason !== null) {
      log.warn(
        facts,
        'the list of details may lack rows that QCC has: the row in ClickHouse says so (details_complete)',
      );
    } else if (Object.keys(unparsed).length > 0) {
      log.debug(facts, 'dates or amounts of details cannot be read: their text is kept next to them');
    }
  };
