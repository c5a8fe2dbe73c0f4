import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { DetailRequest } from 'qcc-details/detail-need';
import type { DetailAnswer } from 'qcc-details/detail-result';
import { newestAnswer } from 'qcc-details/settle-from-answers';
import type { AnswerRepository } from 'qcc-evidence/answer-repository';
import { EvidenceError } from 'qcc-evidence/store';

/**
 * The newest answer in the evidence store that holds for a change; undefined where none is kept. One that was altered is
 * not trusted: QCC is asked again.
 * @throws EvidenceError `unavailable`
 */
export type KeptAnswer = (request: DetailRequest) => Promise<DetailAnswer | undefined>;

export const createKeptAnswer =
  (deps: { account: string; repository: Pick<AnswerRepository, 'find'>; log: Pick<Log, 'error'> }): KeptAnswer =>
  async (request) => {
    const { corpKeyNo, checkId } = request;
    try {
      const found = await deps.repository.find({
        account: deps.account,
        endpoint: request.endpoint.call.name,
        corpKeyNo,
        checkId,
      });
      return await newestAnswer(
        request,
        found.map(({ answer }) => answer),
      );
    } catch (error) {
      if (!(error instanceof EvidenceError) || error.kind !== 'altered') throw error;
      deps.log.error({ corpKeyNo }, `kept details are not used, QCC is asked again: ${describeError(error)}`);
      return undefined;
    }
  };
