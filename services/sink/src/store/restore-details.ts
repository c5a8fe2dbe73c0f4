import { avroType } from 'qcc-core/avro/types';
import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { detailNeed } from 'qcc-details/detail-need';
import { type Details, listsOf } from 'qcc-details/details';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { detailsGiven } from 'qcc-details/kept-lookups';
import type { ResponseRepository } from 'qcc-evidence/response-repository';
import { EvidenceError } from 'qcc-evidence/store';

/**
 * Takes a value of `enriched-records` whose details were too large for its topic, and returns it with its details. If they are missing, it
 * returns the value unchanged, because the change itself does not wait for its details.
 * @throws EvidenceError `unavailable`: the details may be there later.
 */
export type RestoreDetails = (body: Buffer) => Promise<Buffer>;

export type RestoreOutcome = { kind: 'restored' } | { kind: 'missing'; enriched: EnrichedRecord; why: string };

/**
 * The details come from the responses that the enricher kept before it read them. The fetch time and the total in the message identify the
 * lookup, so a redelivery makes the same row again. `note` gets the outcome of each message.
 */
export const createRestoreDetails =
  (deps: { repository: Pick<ResponseRepository, 'find'>; note: (outcome: RestoreOutcome) => void }): RestoreDetails =>
  async (body) => {
    const type = avroType('enriched-records');
    const enriched: EnrichedRecord = type.fromBuffer(body);
    const found = await findDetails(deps.repository, enriched);
    if (!('details' in found)) {
      deps.note({ kind: 'missing', enriched, why: found.why });
      return body;
    }
    deps.note({ kind: 'restored' });
    return type.toBuffer({ ...enriched, ...listsOf(found.details), detailsTruncated: false });
  };

/** Counts restored and missing details, and logs missing ones. */
export const createNoteRestored =
  (deps: {
    /** For people: where the responses should be. */
    place: string;
    log: Pick<Log, 'error'>;
    metrics: Pick<Metrics, 'truncatedDetails'>;
  }) =>
  (outcome: RestoreOutcome): void => {
    deps.metrics.truncatedDetails.inc({ outcome: outcome.kind });
    if (outcome.kind === 'restored') return;
    const { record, detailsTotal } = outcome.enriched;
    const { account, orderNo, revision, position } = record;
    deps.log.error(
      { account, orderNo, revision, position, detailsTotal },
      `${detailsTotal} details were too large for their topic and are not in ${deps.place} (EVIDENCE_URL), so the row is stored without them: ${outcome.why}; once they are there, \`npx qcc rebuild\` into this database adds them`,
    );
  };

async function findDetails(
  repository: Pick<ResponseRepository, 'find'>,
  { record, detailsFetchedAt, detailsTotal }: EnrichedRecord,
): Promise<{ details: Details } | { why: string }> {
  const need = detailNeed(DETAIL_ENDPOINTS, record);
  if (need.kind === 'none' || detailsFetchedAt === null || detailsTotal === null) {
    return { why: 'the message does not say which they are' };
  }
  const { endpoint, corpKeyNo, checkId } = need.request;
  try {
    const kept = await repository.find({ account: record.account, endpoint: endpoint.call.name, corpKeyNo, checkId });
    const responses = kept.map(({ response }) => response);
    const details = await detailsGiven(need.request, responses, { fetchedAt: detailsFetchedAt, total: detailsTotal });
    return details ? { details } : { why: 'its responses are not kept there' };
  } catch (error) {
    if (!(error instanceof EvidenceError) || error.kind !== 'altered') throw error;
    return { why: describeError(error) };
  }
}
