import type { StatusClass } from './status.ts';

/**
 * Why a request has no usable response. `kind` says what may be done about it, as in `StatusClass`. Temporary network and server
 * errors (no connection, time limit, HTTP 408, 429, 5xx) are `retry`.
 */
export type QccFailure = {
  kind: Exclude<StatusClass, 'success' | 'empty'>;
  /** QCC's status code, where it gave one. */
  code: string | null;
  /** QCC_<code>, HTTP_<status>, TIMEOUT, UNREACHABLE, NOT_JSON, TOO_LARGE or UNEXPECTED_SHAPE. */
  reason: string;
  /** For people; secrets removed. */
  message: string;
  /**
   * The bytes of a response that nothing explains (`unknown`), with the account's secrets masked. Not set for an endpoint whose responses
   * contain secrets. It is a function, so that logging a failure does not log the bytes.
   */
  response?: () => Buffer;
};

/** What became of a request. `fetchedAt` (ms) is when it was sent, so the response is at least as new. */
export type QccOutcome<Value> =
  | { kind: 'success'; value: Value; fetchedAt: number }
  | { kind: 'empty'; fetchedAt: number }
  | QccFailure;
