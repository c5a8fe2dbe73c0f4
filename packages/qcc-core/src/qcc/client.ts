import { Agent, type Dispatcher, errors, ProxyAgent, request } from 'undici';
import type { z } from 'zod';
import type { DishonestDebtor, OperationException, SeriousViolation } from '../domain.ts';
import { describeError } from '../errors.ts';
import { createRedactor } from '../redact.ts';
import { parseAnswer } from './answer.ts';
import { activeCallbackUrl } from './endpoints/active-callback-url.ts';
import type { DetailInput, Endpoint } from './endpoints/endpoint.ts';
import { type DownloadLink, getDownloadUrl } from './endpoints/get-download-url.ts';
import { getExceptions } from './endpoints/get-exceptions.ts';
import { getSeriousViolation } from './endpoints/get-serious-violation.ts';
import { getShiXinPage } from './endpoints/get-shi-xin-list.ts';
import { type ListedOrder, listLatestOrderNo } from './endpoints/list-latest-order-no.ts';
import { type PushSetting, setApiPushSetting } from './endpoints/set-api-push-setting.ts';
import type { QccFailure, QccOutcome } from './outcome.ts';
import { type AllPages, readAllPages } from './read-all-pages.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { sign } from './sign.ts';
import { classifyStatus, QCC_STATUSES } from './status.ts';

export type QccClientOptions = {
  /** Without a slash at the end. */
  baseUrl: string;
  key: string;
  secretKey: string;
  /** Limit of one HTTP request, from its start to the last byte of its answer. */
  timeoutMs: number;
  proxyUrl?: string | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Awaited before every HTTP request, pages and retries included: the place for rate limits and budgets. May throw. */
  beforeCall?: (endpoint: string) => Promise<void>;
  /** Told of every HTTP request: `reason` as in QccFailure, QCC_200 and QCC_201 included. */
  onCall?: (call: { endpoint: string; reason: string; durationMs: number }) => void;
};

export type CallOptions = {
  signal?: AbortSignal | undefined;
  /** Without it, one attempt. Each page is retried by itself: what QCC has answered is not asked, or paid for, again. */
  retry?: Omit<RetryOptions, 'signal'> | undefined;
};

/**
 * QCC's endpoints (document section 6.2), one method each. What QCC says, and trouble on the way to it, is an outcome;
 * the caller's abort, and what `beforeCall` throws, are exceptions.
 */
export type QccClient = AsyncDisposable & {
  setApiPushSetting(input: PushSetting, options?: CallOptions): Promise<QccOutcome<null>>;
  activeCallbackUrl(options?: CallOptions): Promise<QccOutcome<null>>;
  listLatestOrderNo(options?: CallOptions): Promise<QccOutcome<ListedOrder[]>>;
  getDownloadUrl(input: { orderNo: string }, options?: CallOptions): Promise<QccOutcome<DownloadLink>>;
  getExceptions(input: DetailInput, options?: CallOptions): Promise<QccOutcome<OperationException[]>>;
  getSeriousViolation(input: DetailInput, options?: CallOptions): Promise<QccOutcome<SeriousViolation[]>>;
  /** All pages. */
  getShiXinList(input: DetailInput, options?: CallOptions): Promise<QccOutcome<AllPages<DishonestDebtor>>>;
};

/** The longest list of the document has pages of 20 rows; what is larger is not QCC's answer. */
const MAX_ANSWER_BYTES = 16 * 1_048_576;
/** 10,000 rows of one debtor: a guard against a server that never ends, not a limit met in practice. */
const MAX_PAGES = 500;
const MAX_MESSAGE_LENGTH = 200;
/** HTTP statuses that say "not now". */
const PASSING = (status: number) => status === 408 || status === 429 || status >= 500;

export function createQccClient(options: QccClientOptions): QccClient {
  const dispatcher = createDispatcher(options);

  const call = <Input, Value>(endpoint: Endpoint<Input, Value>, input: Input, { signal, retry }: CallOptions = {}) => {
    const attempt = () => requestOnce({ ...options, dispatcher }, endpoint, input, signal);
    return retry ? withRetry(attempt, { ...retry, signal }) : attempt();
  };

  return {
    setApiPushSetting: (input, callOptions) => call(setApiPushSetting, input, callOptions),
    activeCallbackUrl: (callOptions) => call(activeCallbackUrl, undefined, callOptions),
    listLatestOrderNo: (callOptions) => call(listLatestOrderNo, undefined, callOptions),
    getDownloadUrl: (input, callOptions) => call(getDownloadUrl, input, callOptions),
    getExceptions: (input, callOptions) => call(getExceptions, input, callOptions),
    getSeriousViolation: (input, callOptions) => call(getSeriousViolation, input, callOptions),
    getShiXinList: (input, callOptions) =>
      readAllPages({
        readPage: (pageIndex) => call(getShiXinPage, { ...input, pageIndex }, callOptions),
        maxPages: MAX_PAGES,
      }),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

function createDispatcher({ proxyUrl, timeoutMs }: QccClientOptions): Dispatcher {
  const limits = { connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, allowH2: false };
  return proxyUrl ? new ProxyAgent({ uri: proxyUrl, ...limits }) : new Agent(limits);
}

/** One signed HTTP request, redirects not followed, and what its answer means. */
async function requestOnce<Input, Value>(
  deps: QccClientOptions & { dispatcher: Dispatcher },
  endpoint: Endpoint<Input, Value>,
  input: Input,
  signal: AbortSignal | undefined,
): Promise<QccOutcome<Value>> {
  const query = new URLSearchParams({ key: deps.key, ...endpoint.query(input) });
  signal?.throwIfAborted();
  await deps.beforeCall?.(endpoint.name);

  const fetchedAt = deps.now();
  const signature = sign(deps, fetchedAt);
  const redact = createRedactor([deps.key, deps.secretKey, signature.Token]);
  const startedAt = performance.now();
  const report = (reason: string) =>
    deps.onCall?.({ endpoint: endpoint.name, reason, durationMs: performance.now() - startedAt });
  const fail = (kind: QccFailure['kind'], code: string | null, reason: string, message: string): QccFailure => {
    report(reason);
    return { kind, code, reason, message: redact(`${endpoint.name}: ${message}`).slice(0, MAX_MESSAGE_LENGTH) };
  };

  const timeLimit = AbortSignal.timeout(deps.timeoutMs);
  let status: number;
  let body: string | null;
  try {
    const response = await request(`${deps.baseUrl}/${endpoint.name}?${query}`, {
      dispatcher: deps.dispatcher,
      headers: { ...signature, accept: 'application/json' },
      signal: signal ? AbortSignal.any([signal, timeLimit]) : timeLimit,
    });
    status = response.statusCode;
    body = await readText(response.body);
  } catch (error) {
    signal?.throwIfAborted();
    const isTimeout = timeLimit.aborted || isUndiciTimeout(error);
    return fail('retry', null, isTimeout ? 'TIMEOUT' : 'UNREACHABLE', describeError(error));
  }

  if (status !== 200) return fail(PASSING(status) ? 'retry' : 'unknown', null, `HTTP_${status}`, `HTTP ${status}`);
  if (body === null) return fail('unknown', null, 'TOO_LARGE', `the answer exceeds ${MAX_ANSWER_BYTES} bytes`);
  const answer = parseAnswer(body);
  if (answer.kind === 'not-json') return fail('unknown', null, 'NOT_JSON', `${answer.message}: ${body}`);
  if (answer.kind === 'no-status') return fail('unknown', null, 'UNEXPECTED_SHAPE', answer.message);

  const { code, fields } = answer;
  const reason = `QCC_${code}`;
  const statusClass = classifyStatus(code);
  switch (statusClass) {
    case 'success': {
      const result = endpoint.result(input).safeParse(fields);
      if (!result.success) return fail('unknown', code, 'UNEXPECTED_SHAPE', describeIssues(result.error));
      report(reason);
      return { kind: 'success', value: result.data, fetchedAt };
    }
    case 'empty':
      report(reason);
      return { kind: 'empty', fetchedAt };
    default:
      return fail(statusClass, code, reason, QCC_STATUSES[code]?.message ?? `unknown status ${code}: ${fields.msg}`);
  }
}

/** null where the body is larger than any answer. Bytes that are no UTF-8 are replaced; a byte order mark is dropped. */
async function readText(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

const isUndiciTimeout = (error: unknown): boolean =>
  error instanceof errors.ConnectTimeoutError ||
  error instanceof errors.HeadersTimeoutError ||
  error instanceof errors.BodyTimeoutError;

/** Which field, and what about it; never its value. */
const describeIssues = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ');
