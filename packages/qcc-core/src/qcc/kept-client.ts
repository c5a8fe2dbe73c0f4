import type { QccClient } from './client.ts';
import type { RawAnswer } from './raw-answer.ts';
import { readAllPages } from './read-all-pages.ts';
import { readAnswer } from './read-answer.ts';

/** What the detail endpoints are asked through. */
export type DetailClient = Pick<QccClient, 'getDetails'>;

/**
 * The detail endpoints as they answered once: from the kept answers of one lookup, in the order they came, the same
 * outcome as then. A page that was never answered is `retry`, as trouble on the way was.
 */
export const createKeptClient = (answers: readonly RawAnswer[]): DetailClient => ({
  getDetails: (detailCall, input) =>
    readAllPages({
      idOf: detailCall.idOf,
      async readPage(index) {
        const pageInput = { ...input, pageIndex: index };
        const { pageIndex = '1' } = detailCall.query(pageInput);
        const answer = answers.findLast(({ query }) => (query.pageIndex ?? '1') === pageIndex);
        if (answer) return readAnswer(detailCall, pageInput, answer);
        return { kind: 'retry', code: null, reason: 'UNREACHABLE', message: `${detailCall.name}: no answer was kept` };
      },
    }),
});
