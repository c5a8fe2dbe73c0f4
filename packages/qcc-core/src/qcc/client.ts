import { randomUUID } from 'node:crypto';
import { Agent, type Dispatcher, errors, ProxyAgent, request } from 'undici';
import { describeError } from '../base/errors.ts';
import { createMask, isJson, redactJson, redactUrl } from '../base/redact.ts';
import { startTimeLimit } from '../base/time-limit.ts';
import { inSpan } from '../base/tracing/spans.ts';
import type { DetailCall, DetailInput, Endpoint } from './endpoints/endpoint.ts';
import { type DownloadLink, getDownloadUrl } from './endpoints/get-download-url.ts';
import { listLatestOrderNo, type OrderList } from './endpoints/list-latest-order-no.ts';
import { activeCallbackUrl, type PushSetting, setApiPushSetting } from './endpoints/set-api-push-setting.ts';
import type { QccOutcome } from './outcome.ts';
import type { RawResponse } from './raw-response.ts';
import { type AllPages, readAllPages } from './read-all-pages.ts';
import { MAX_RESPONSE_BYTES, readResponse } from './read-response.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { sign } from './sign.ts';
import { outcomeLabel } from './status.ts';

export type QccClientOptions = {
  /** Without a slash at the end. */
  baseUrl: string;
  key: string;
  secretKey: string;
  /** Limit of one HTTP request, from its start to the last byte of its response. */
  timeoutMs: number;
  proxyUrl?: string | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Awaited before every HTTP request, pages and retries included: the place for rate limits and budgets. May throw. */
  beforeCall?: (endpoint: string) => Promise<void>;
  /**
   * Called after every HTTP request, before its response is kept. `reason` is as in QccFailure, or QCC_200 or QCC_201. `outcome` is
   * there so that a circuit breaker can decide about the next call.
   */
  onCall?: (call: { endpoint: string; reason: string; durationMs: number; outcome: QccOutcome<unknown> }) => void;
  /** Called with the names of envelope fields that the document does not name, as `unknownFields` returns them. */
  onUnknownFields?: (endpoint: string, names: readonly string[]) => void;
  /**
   * Awaited with every response, before the caller gets the outcome: the place to keep the response. The account's own secrets are
   * masked in it. May throw.
   */
  onResponse?: (response: RawResponse) => Promise<void>;
};

export type CallOptions = {
  signal?: AbortSignal | undefined;
  /** Without it, one attempt. Each page is retried separately: a page whose response came is not requested, or paid for, again. */
  retry?: Omit<RetryOptions, 'signal'> | undefined;
};

/** Options of a call that reads pages. The pages after the first one may be retried even if the first one is not. */
export type PagedCallOptions = CallOptions & { retryLaterPages?: CallOptions['retry'] };

/**
 * QCC's endpoints (document section 6.2), one method each, and one for all detail endpoints. QCC's responses and network errors are
 * outcomes. The caller's abort, and errors of `beforeCall` and `onResponse`, are exceptions.
 */
export type QccClient = AsyncDisposable & {
  setApiPushSetting(input: PushSetting, options?: CallOptions): Promise<QccOutcome<null>>;
  activeCallbackUrl(options?: CallOptions): Promise<QccOutcome<null>>;
  listLatestOrderNo(options?: CallOptions): Promise<QccOutcome<OrderList>>;
  getDownloadUrl(input: { orderNo: string }, options?: CallOptions): Promise<QccOutcome<DownloadLink>>;
  /** All pages. */
  getDetails<Row>(
    detailCall: DetailCall<Row>,
    input: DetailInput,
    options?: PagedCallOptions,
  ): Promise<QccOutcome<AllPages<Row>>>;
};

const MAX_MESSAGE_LENGTH = 200;

export function createQccClient(options: QccClientOptions): QccClient {
  const dispatcher = createDispatcher(options);

  const call = <Input, Value>(
    endpoint: Endpoint<Input, Value>,
    input: Input,
    { signal, retry }: CallOptions = {},
    lookup: string = randomUUID(),
  ) => {
    const attempt = () => requestOnce({ ...options, dispatcher, lookup }, endpoint, input, signal);
    return retry ? withRetry(attempt, { ...retry, signal }) : attempt();
  };

  return {
    setApiPushSetting: (input, callOptions) => call(setApiPushSetting, input, callOptions),
    activeCallbackUrl: (callOptions) => call(activeCallbackUrl, undefined, callOptions),
    listLatestOrderNo: (callOptions) => call(listLatestOrderNo, undefined, callOptions),
    getDownloadUrl: (input, callOptions) => call(getDownloadUrl, input, callOptions),
    getDetails: (detailCall, input, { retryLaterPages, ...callOptions } = {}) => {
      const lookup = randomUUID();
      const laterOptions = { ...callOptions, retry: retryLaterPages ?? callOptions.retry };
      return readAllPages({
        idOf: detailCall.idOf,
        readPage: (pageIndex) =>
          call(detailCall, { ...input, pageIndex }, pageIndex === 1 ? callOptions : laterOptions, lookup),
      });
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

function createDispatcher({ proxyUrl, timeoutMs }: QccClientOptions): Dispatcher {
  const limits = { connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, allowH2: false };
  return proxyUrl ? new ProxyAgent({ uri: proxyUrl, ...limits }) : new Agent(limits);
}

type RequestDeps = QccClientOptions & { dispatcher: Dispatcher; lookup: string };

/** One signed HTTP request, redirects not followed, and what its response means. Waiting until it may begin is not in its span. */
async function requestOnce<Input, Value>(
  deps: RequestDeps,
  endpoint: Endpoint<Input, Value>,
  input: Input,
  signal: AbortSignal | undefined,
): Promise<QccOutcome<Value>> {
  const query = endpoint.query(input);
  signal?.throwIfAborted();
  await deps.beforeCall?.(endpoint.name);
  const { hostname, port, protocol } = new URL(deps.baseUrl);
  const serverPort = Number(port) || (protocol === 'https:' ? 443 : 80);
  const attributes = { httpMethod: 'GET', serverAddress: hostname, serverPort, endpoint: endpoint.name };
  const { outcome, response } = await inSpan(
    { name: `GET ${endpoint.name}`, role: 'client', attributes },
    async (span) => {
      const sent = await sendOnce(deps, { endpoint, input, query, signal });
      const outcome = outcomeLabel(reasonOf(sent.outcome));
      span.set({ httpStatus: sent.status, outcome });
      if ('message' in sent.outcome) span.fail(outcome);
      return sent;
    },
  );
  if (response) await deps.onResponse?.(response);
  return outcome;
}

async function sendOnce<Input, Value>(
  deps: RequestDeps,
  {
    endpoint,
    input,
    query,
    signal,
  }: {
    endpoint: Endpoint<Input, Value>;
    input: Input;
    query: Record<string, string>;
    signal: AbortSignal | undefined;
  },
): Promise<{ outcome: QccOutcome<Value>; status?: number; response?: RawResponse | undefined }> {
  const sentAt = deps.now();
  const signature = sign(deps, sentAt);
  const mask = createMask([deps.key, deps.secretKey, signature.Token]);
  const startedAt = performance.now();
  const finish = (found: QccOutcome<Value>): QccOutcome<Value> => {
    const durationMs = performance.now() - startedAt;
    const outcome =
      'message' in found
        ? { ...found, message: redactUrl(mask(`${endpoint.name}: ${found.message}`)).slice(0, MAX_MESSAGE_LENGTH) }
        : found;
    deps.onCall?.({ endpoint: endpoint.name, reason: reasonOf(outcome), durationMs, outcome });
    return outcome;
  };

  using timeLimit = startTimeLimit(deps.timeoutMs, signal);
  let received: Pick<RawResponse, 'status' | 'body'>;
  try {
    const response = await request(
      `${deps.baseUrl}/${endpoint.name}?${new URLSearchParams({ key: deps.key, ...query })}`,
      {
        dispatcher: deps.dispatcher,
        headers: { ...signature, accept: 'application/json' },
        signal: timeLimit.signal,
      },
    );
    received = { status: response.statusCode, body: await readBody(response.body) };
  } catch (error) {
    signal?.throwIfAborted();
    const isTimeout = timeLimit.isOver || isUndiciTimeout(error);
    const reason = isTimeout ? 'TIMEOUT' : 'UNREACHABLE';
    return { outcome: finish({ kind: 'retry', code: null, reason, message: describeError(error) }) };
  }
  const masked = { ...received, body: received.body && maskBody(received.body, mask) };
  // The masked body is read, so that a kept response later has the same outcome. Masking would destroy a link, so responses with
  // secrets are read as they are.
  const read = endpoint.returnsSecrets ? received : masked;
  // The call is counted before its response is kept: it may cost money even if the response cannot be kept.
  const found = finish(
    readResponse(endpoint, input, { ...read, sentAt }, (names) => deps.onUnknownFields?.(endpoint.name, names)),
  );
  const outcome = endpoint.returnsSecrets ? found : withResponse(found, masked.body);
  const { lookup } = deps;
  const response = deps.onResponse && {
    ...masked,
    endpoint: endpoint.name,
    query,
    lookup,
    sentAt,
    receivedAt: deps.now(),
  };
  return { outcome, status: received.status, response };
}

/** Returns the same bytes if they contain no secret. JSON stays JSON. */
function maskBody(body: Buffer, mask: (text: string) => string): Buffer {
  // Latin-1 gives every byte back.
  const text = body.toString('latin1');
  const masked = mask(text);
  if (masked === text) return body;
  return Buffer.from(isJson(text) ? redactJson(text, mask) : masked, 'latin1');
}

function withResponse<Value>(outcome: QccOutcome<Value>, body: Buffer | null): QccOutcome<Value> {
  if (outcome.kind !== 'unknown' || body === null) return outcome;
  return { ...outcome, response: () => Buffer.from(redactUrl(body.toString('latin1')), 'latin1') };
}

/** As QccFailure has it, QCC_200 and QCC_201 included. */
function reasonOf(outcome: QccOutcome<unknown>): string {
  if (outcome.kind === 'success') return 'QCC_200';
  return outcome.kind === 'empty' ? 'QCC_201' : outcome.reason;
}

/** Whether a request ended by one of undici's own limits. */
const isUndiciTimeout = (error: unknown): boolean =>
  error instanceof errors.ConnectTimeoutError ||
  error instanceof errors.HeadersTimeoutError ||
  error instanceof errors.BodyTimeoutError;

/** Null where it is larger than any response. */
async function readBody(body: Dispatcher.ResponseData['body']): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
