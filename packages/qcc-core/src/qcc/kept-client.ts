import type { QccClient } from './client.ts';
import type { RawResponse } from './raw-response.ts';
import { readAllPages } from './read-all-pages.ts';
import { readResponse } from './read-response.ts';

/** What the detail endpoints are asked through. */
export type DetailClient = Pick<QccClient, 'getDetails'>;

/**
 * Replays the kept responses of one lookup, in the order in which they came, to the same outcome. A page without a response is `retry`, as a
 * failed connection was.
 */
export const createKeptClient = (responses: readonly RawResponse[]): DetailClient => ({
  getDetails: (detailCall, input) =>
    readAllPages({
      idOf: detailCall.idOf,
      async readPage(index) {
        const pageInput = { ...input, pageIndex: index };
        const { pageIndex = '1' } = detailCall.query(pageInput);
        const response = responses.findLast(({ query }) => (query.pageIndex ?? '1') === pageIndex);
        if (response) return readResponse(detailCall, pageInput, response);
        return {
          kind: 'retry',
          code: null,
          reason: 'UNREACHABLE',
          message: `${detailCall.name}: no response was kept`,
        };
      },
    }),
});
