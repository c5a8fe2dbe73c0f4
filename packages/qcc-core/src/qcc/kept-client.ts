import type { QccClient } from './client.ts';
import type { RawResponse } from './raw-response.ts';
import { readAllPages } from './read-all-pages.ts';
import { readResponse } from './read-response.ts';

/** What the detail endpoints are asked through. */
export type DetailClient = Pick<QccClient, 'getDetails'>;

/**
 * The detail endpoints as they answered once: from the kept responses of one lookup, in the order they came, the same
 * outcome as then. A page that was never answered is `retry`, as trouble on the way was.
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
