import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { DetailRequest } from 'qcc-details/detail-need';
import type { DetailResponse } from 'qcc-details/detail-result';
import { newestResponse } from 'qcc-details/settle-from-responses';
import type { ResponseRepository } from 'qcc-evidence/response-repository';
import { EvidenceError } from 'qcc-evidence/store';

/**
 * The newest response in the evidence store that is valid for a change; undefined if there is none. If a kept response was altered, none of
 * them is used, so QCC is asked again.
 * @throws EvidenceError `unavailable`
 */
export type KeptResponse = (request: DetailRequest) => Promise<DetailResponse | undefined>;

export const createKeptResponse =
  (deps: { account: string; repository: Pick<ResponseRepository, 'find'>; log: Pick<Log, 'error'> }): KeptResponse =>
  async (request) => {
    const { corpKeyNo, checkId } = request;
    try {
      const found = await deps.repository.find({
        account: deps.account,
        endpoint: request.endpoint.call.name,
        corpKeyNo,
        checkId,
      });
      return await newestResponse(
        request,
        found.map(({ response }) => response),
      );
    } catch (error) {
      if (!(error instanceof EvidenceError) || error.kind !== 'altered') throw error;
      deps.log.error({ corpKeyNo }, `kept details are not used, QCC is asked again: ${describeError(error)}`);
      return undefined;
    }
  };
