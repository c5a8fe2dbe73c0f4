import type { DetailRequest } from 'qcc-core/details/detail-need';
import { describeError } from 'qcc-core/errors';
import type { AnswerShelf } from 'qcc-core/evidence/answer-shelf';
import { EvidenceError } from 'qcc-core/evidence/store';
import type { Log } from 'qcc-core/logs';
import type { DetailAnswer } from './detail-result.ts';
import { newestAnswer } from './settle-from-answers.ts';

/**
 * The newest answer in the evidence store that holds for a change; undefined where none is kept. One that was altered is
 * not trusted: QCC is asked again.
 * @throws EvidenceError `unavailable`
 */
export type KeptAnswer = (request: DetailRequest) => Promise<DetailAnswer | undefined>;

export const createKeptAnswer =
  (deps: { account: string; shelf: Pick<AnswerShelf, 'find'>; log: Pick<Log, 'error'> }): KeptAnswer =>
  async (request) => {
    const { corpKeyNo, checkId } = request;
    try {
      const found = await deps.shelf.find({
        account: deps.account,
        endpoint: request.endpoint.name,
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
