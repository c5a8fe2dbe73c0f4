import type { QccClient } from './client.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import { getExceptions } from './endpoints/get-exceptions.ts';
import { getSeriousViolation } from './endpoints/get-serious-violation.ts';
import { getShiXinPage } from './endpoints/get-shi-xin-list.ts';
import type { QccOutcome } from './outcome.ts';
import type { RawAnswer } from './raw-answer.ts';
import { readAllPages } from './read-all-pages.ts';
import { readAnswer } from './read-answer.ts';

/** What the detail endpoints are asked through. */
export type DetailClient = Pick<QccClient, 'getExceptions' | 'getSeriousViolation' | 'getShiXinList'>;

/**
 * The detail endpoints as they answered once: from the kept answers of one lookup, in the order they came, the same
 * outcome as then. A page that was never answered is `retry`, as trouble on the way was.
 */
export function createKeptClient(answers: readonly RawAnswer[]): DetailClient {
  const again = async <Input, Value>(endpoint: Endpoint<Input, Value>, input: Input): Promise<QccOutcome<Value>> => {
    const { pageIndex = '1' } = endpoint.query(input);
    const answer = answers.findLast(({ query }) => (query.pageIndex ?? '1') === pageIndex);
    if (answer) return readAnswer(endpoint, input, answer);
    return { kind: 'retry', code: null, reason: 'UNREACHABLE', message: `${endpoint.name}: no answer was kept` };
  };
  return {
    getExceptions: (input) => again(getExceptions, input),
    getSeriousViolation: (input) => again(getSeriousViolation, input),
    getShiXinList: (input) => readAllPages({ readPage: (pageIndex) => again(getShiXinPage, { ...input, pageIndex }) }),
  };
}
