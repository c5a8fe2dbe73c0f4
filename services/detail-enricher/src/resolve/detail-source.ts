import { LRUCache } from 'lru-cache';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { DetailClient } from 'qcc-core/qcc/kept-client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import type { DetailRequest } from 'qcc-details/detail-need';
import type { DetailResponse } from 'qcc-details/detail-result';
import { askDetails } from 'qcc-details/details';
import { type PackedDetails, packOutcome } from 'qcc-details/packed-details';
import { CallNotAdmittedError } from '../quota/admit-call.ts';
import type { KeptResponse } from './kept-response.ts';
import { createNoteOddDetails } from './note-odd-details.ts';

/** Where details come from: what was fetched before, what is being fetched, or QCC. One for all lanes. */
export type DetailSource = {
  /** The remembered response, where it is new enough for the change. Does no I/O. */
  remembered(request: DetailRequest): DetailResponse | undefined;
  /**
   * Returns the remembered response, one that the evidence store keeps, or QCC's. Equal requests at the same time share one call.
   * A response that is older than the push of the change is not used. `notAdmitted` if the quota, or the end of the
   * service, prevented the call or one of its pages.
   * @throws EvidenceError `unavailable`
   */
  lookUp(request: DetailRequest): Promise<QccOutcome<PackedDetails> | { kind: 'notAdmitted' }>;
};

type Flight = { startedAt: number; outcome: ReturnType<DetailSource['lookUp']> };

/** Memory for each entry of the cache, on average. Some lists have thousands of rows, and they must not make the cache larger. */
const CACHED_BYTES_PER_ENTRY = 1_024;

export function createDetailSource(deps: {
  client: DetailClient;
  /** Asked before QCC: a change that is read again for any reason must not be paid for twice. */
  keptResponse: KeptResponse;
  cacheEntries: number;
  now: () => number;
  /** Ends every call under way. A broken lane does not end calls: their responses are paid for and serve other changes. */
  signal: AbortSignal;
  log: Pick<Log, 'debug' | 'warn'>;
  metrics: Pick<Metrics, 'detailCache' | 'detailValuesUnparsed' | 'detailRowsOdd' | 'detailListsIncomplete'>;
}): DetailSource {
  const { client, now, signal, metrics } = deps;
  const noteOddDetails = createNoteOddDetails(deps);
  const responses =
    deps.cacheEntries === 0
      ? undefined
      : new LRUCache<string, DetailResponse>({
          max: deps.cacheEntries,
          maxSize: deps.cacheEntries * CACHED_BYTES_PER_ENTRY,
          sizeCalculation: (response) => 1 + (response.kind === 'success' ? response.value.lists.length : 0),
        });
  const flights = new Map<string, Flight>();

  const fresh = (key: string, { pushDate }: DetailRequest): DetailResponse | undefined => {
    const response = responses?.get(key);
    return response && response.fetchedAt >= pushDate ? response : undefined;
  };

  const ask = async (key: string, request: DetailRequest) => {
    const kept = await deps.keptResponse(request);
    if (kept) {
      responses?.set(key, kept);
      return kept;
    }
    try {
      const answered = await askDetails(client, request, { signal });
      if (answered.kind === 'success') noteOddDetails(request, answered.value);
      const outcome = packOutcome(answered);
      if (outcome.kind === 'success' || outcome.kind === 'empty') responses?.set(key, outcome);
      return outcome;
    } catch (error) {
      if (error instanceof CallNotAdmittedError || signal.aborted) return { kind: 'notAdmitted' as const };
      throw error;
    }
  };

  return {
    remembered(request) {
      const response = fresh(requestKey(request), request);
      metrics.detailCache.inc({ result: response ? 'hit' : 'miss' });
      return response;
    },
    async lookUp(request) {
      const key = requestKey(request);
      const known = fresh(key, request);
      if (known) return known;
      const other = flights.get(key);
      if (other && other.startedAt >= request.pushDate) return other.outcome;
      const flight: Flight = { startedAt: now(), outcome: ask(key, request) };
      flights.set(key, flight);
      try {
        return await flight.outcome;
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    },
  };
}

const requestKey = ({ endpoint, corpKeyNo, checkId }: DetailRequest): string =>
  `${endpoint.call.name}|${corpKeyNo}|${checkId}`;
