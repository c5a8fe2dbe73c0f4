import { createHash } from 'node:crypto';
import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Agent, buildConnector, Client, type Dispatcher, errors, ProxyAgent, request } from 'undici';
import { describeError } from '../base/errors.ts';
import { redactUrl } from '../base/redact.ts';
import { checkDownloadTarget, type HostRules, isPublicAddress } from './download-target.ts';

export type Download = HostRules & {
  /** The signed link, as getDownloadUrl gives it. Its scheme is kept: http is not raised to https. */
  url: string;
  /** Overwritten; removed again unless the download succeeds. */
  toFile: string;
  maxBytes: number;
  /** Limit of the whole download. */
  timeoutMs: number;
  /** Limit of connecting alone, TLS included. Default 5 s. */
  connectTimeoutMs?: number | undefined;
  /** Limit of waiting for the headers of the response. Default `timeoutMs`. */
  headersTimeoutMs?: number | undefined;
  /** A forward proxy resolves names itself, so only the link can be checked then, not the addresses. */
  proxyUrl?: string | undefined;
  signal?: AbortSignal | undefined;
  /** For tests; the system's otherwise. */
  lookup?: typeof systemLookup | undefined;
};

export type DownloadOutcome =
  /** `sha256` is of the file as delivered, lower-case hex. */
  | { kind: 'downloaded'; bytes: number; sha256: string }
  /** HTTP 403, the response of OSS to a link that has expired: a fresh link may work. */
  | { kind: 'expired'; message: string }
  /** Any other HTTP status than 200, redirects included. */
  | { kind: 'http'; status: number; message: string }
  /** The link may not be fetched; no request was sent. */
  | { kind: 'refused'; message: string }
  | { kind: 'tooLarge'; message: string }
  /** Passing trouble: connection, time limit, or fewer bytes than announced. */
  | { kind: 'network'; reason: 'TIMEOUT' | 'UNREACHABLE' | 'TRUNCATED'; message: string };

/** A firewall that drops packets on a port must not hold up an order for as long as a download may take. */
const CONNECT_TIMEOUT_MS = 5_000;

type Failure = Exclude<DownloadOutcome, { kind: 'downloaded' }>;

/** An outcome on its way through streams and connectors, which know exceptions only. */
class DownloadFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Fetches an archive (document 6.2.6) into a file, hashing it on the way; memory does not grow with it. Sends nothing
 * of the account: no Token, no Timespan, no key. Follows no redirect. A host's addresses are checked when they are looked
 * up and once more on the connected socket, so a name cannot point elsewhere in between.
 * @throws the signal's reason, and what the file system says (a full disk is not the order's fault).
 */
export async function downloadArchive(download: Download): Promise<DownloadOutcome> {
  const target = checkDownloadTarget(download.url, download);
  if (target.kind === 'refused') return target;
  download.signal?.throwIfAborted();
  const timeLimit = AbortSignal.timeout(download.timeoutMs);
  const signal = download.signal ? AbortSignal.any([download.signal, timeLimit]) : timeLimit;
  const dispatcher = createDispatcher(download);
  try {
    const body = await openBody(target.url, { dispatcher, signal, maxBytes: download.maxBytes });
    const digest = { bytes: 0, hash: createHash('sha256') };
    await pipeline(measure(body, digest, download.maxBytes), createWriteStream(download.toFile));
    return { kind: 'downloaded', bytes: digest.bytes, sha256: digest.hash.digest('hex') };
  } catch (error) {
    await rm(download.toFile, { force: true });
    download.signal?.throwIfAborted();
    if (!(error instanceof DownloadFailure)) throw error;
    return error.failure.kind === 'network' && timeLimit.aborted
      ? { ...error.failure, reason: 'TIMEOUT', message: `not complete within ${download.timeoutMs} ms` }
      : error.failure;
  } finally {
    await dispatcher.destroy();
  }
}

type Body = { chunks: AsyncIterable<Buffer>; announced: number | null };

async function openBody(
  url: URL,
  { maxBytes, ...options }: { dispatcher: Dispatcher; signal: AbortSignal; maxBytes: number },
): Promise<Body> {
  const { statusCode, headers, body } = await request(url, options).catch(failAs('UNREACHABLE'));
  const fail = (failure: Failure) => {
    // Otherwise the unread body emits its own error when the connection closes.
    body.on('error', () => {}).destroy();
    return new DownloadFailure(failure);
  };
  if (statusCode === 403) throw fail({ kind: 'expired', message: `${url.host} responded with 403` });
  if (statusCode !== 200)
    throw fail({ kind: 'http', status: statusCode, message: `${url.host} responded with ${statusCode}` });
  const length = headers['content-length'];
  const announced = length === undefined ? null : Number(length);
  if (announced !== null && announced > maxBytes) throw fail(tooLarge(`${announced}`, maxBytes));
  return { chunks: body, announced };
}

/** Passes the body on, counted and hashed. */
async function* measure(
  { chunks, announced }: Body,
  digest: { bytes: number; hash: ReturnType<typeof createHash> },
  maxBytes: number,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunks) {
      digest.bytes += chunk.length;
      if (digest.bytes > maxBytes) throw new DownloadFailure(tooLarge('more', maxBytes));
      digest.hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    failAs('TRUNCATED')(error);
  }
  if (announced !== null && digest.bytes !== announced) {
    failAs('TRUNCATED')(new Error(`${digest.bytes} bytes came of ${announced} announced`));
  }
}

const tooLarge = (size: string, maxBytes: number): Failure => ({
  kind: 'tooLarge',
  message: `the archive has ${size} bytes, the limit is ${maxBytes}`,
});

const failAs =
  (reason: 'UNREACHABLE' | 'TRUNCATED') =>
  (error: unknown): never => {
    if (error instanceof DownloadFailure) throw error;
    const isTimeout = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
    throw new DownloadFailure({
      kind: 'network',
      reason: isTimeout ? 'TIMEOUT' : reason,
      message: redactUrl(describeError(error)),
    });
  };

function createDispatcher(download: Download): Dispatcher {
  const {
    proxyUrl,
    timeoutMs,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    headersTimeoutMs = timeoutMs,
    lookup = systemLookup,
  } = download;
  const limits = { headersTimeout: headersTimeoutMs, bodyTimeout: timeoutMs, allowH2: false };
  if (proxyUrl)
    return new ProxyAgent({
      uri: proxyUrl,
      connectTimeout: connectTimeoutMs,
      // The proxy's response to CONNECT, for which it has to reach the host.
      clientFactory: (origin, options) => new Client(origin, { ...options, headersTimeout: connectTimeoutMs }),
      ...limits,
    });
  if (download.allowPrivateHosts) return new Agent({ connect: { timeout: connectTimeoutMs, lookup }, ...limits });
  return new Agent({ connect: connectToPublic(connectTimeoutMs, lookup), ...limits });
}

/** A connector that connects only to public addresses. undici calls `lookup` only for names, so the socket is checked, too. */
function connectToPublic(connectTimeoutMs: number, lookup: typeof systemLookup): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup: (hostname: string, options: LookupOptions, callback: LookupCallback) =>
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        const hidden = addresses?.find(({ address }) => !isPublicAddress(address));
        if (error) callback(error, []);
        else if (hidden) callback(notPublic(hostname, hidden.address), []);
        else if (options.all) callback(null, addresses);
        else callback(null, addresses[0]!.address, addresses[0]!.family);
      }),
  });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      if (socket.remoteAddress && isPublicAddress(socket.remoteAddress)) return callback(null, socket);
      socket.destroy();
      callback(notPublic(options.hostname, socket.remoteAddress ?? 'unknown'), null);
    });
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

const notPublic = (host: string, address: string): DownloadFailure =>
  new DownloadFailure({ kind: 'refused', message: `${host} leads to ${address}, which is not public` });
