import type { RequestListener, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type CallOptions, createQccClient, type QccClient } from 'qcc-core/qcc/client';
import { sign } from 'qcc-core/qcc/sign';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { createTally, type HostileRow } from '../row.ts';
import { canary } from '../target.ts';

const MIB = 1_048_576;
const ATTEMPTS = 3;
const RETRY = { attempts: ATTEMPTS, minDelayMs: 1, maxDelayMs: 5 };
/** What a loaded machine may need above the time limits of all attempts. */
const SLACK_MS = 10_000;
const MEMORY_LIMIT_MIB = 300;

const DETAIL = { corpKeyNo: 'c', checkId: 'i' };
type Call = (client: QccClient, options: CallOptions) => Promise<unknown>;
const ENDPOINTS: Readonly<Record<string, Call>> = {
  setApiPushSetting: (client, options) =>
    client.setApiPushSetting({ enablePush: 'A', callbackUrl: 'https://feed.example.com/cb' }, options),
  activeCallbackUrl: (client, options) => client.activeCallbackUrl(options),
  listLatestOrderNo: (client, options) => client.listLatestOrderNo(options),
  getDownloadUrl: (client, options) => client.getDownloadUrl({ orderNo: 'A' }, options),
  ...Object.fromEntries(
    DETAIL_ENDPOINTS.map(({ call }): [string, Call] => [
      call.name,
      (client, options) => client.getDetails(call, DETAIL, options),
    ]),
  ),
};

/** Goes on until the reader goes away, no faster than it reads. */
function pour(response: ServerResponse, bytes: number, chunk = Buffer.alloc(MIB, '1')): void {
  let left = bytes;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}
const respond =
  (status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);
const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const deep = (levels: number) => `{"status":"200","resultList":${lists(levels)}}`;
const bomb = gzipSync(Buffer.alloc(256 * MIB));

/** `elsewhere` is another host than QCC's. */
const answers = (elsewhere: string): Readonly<Record<string, RequestListener>> => ({
  'a page of HTML': respond(200, '<html><title>登录</title></html>', { 'content-type': 'text/html' }),
  'a body of 1 GB': (_, response) => pour(response.writeHead(200), 1_024 * MIB),
  'a string of 1 MB': (_, response) => {
    response.writeHead(200).write('{"status":"200","resultList":"');
    pour(response, MIB);
  },
  'no answer': () => {},
  'headers and no body': (_, response) => void response.writeHead(200).flushHeaders(),
  'a body byte by byte': (_, response) => {
    const beat = setInterval(() => response.write(' '), 20);
    response.writeHead(200).once('close', () => clearInterval(beat));
  },
  'a gzip bomb': respond(200, bomb, { 'content-encoding': 'gzip' }),
  'headers of 1 MB': ({ socket }) => void socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(MIB)}\r\n\r\n{}`),
  'ten thousand headers': ({ socket }) =>
    void socket.end(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}Content-Length: 2\r\n\r\n{}`),
  'no HTTP': ({ socket }) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
  'a reset': ({ socket }) => void socket.resetAndDestroy(),
  'a length that is not kept': (_, response) =>
    void response.writeHead(200, { 'content-length': '1000' }).write('{}', () => response.destroy()),
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [
      `a redirect ${status} to another host`,
      respond(status, '', { location: `${elsewhere}/stolen` }),
    ]),
  ),
  'status 200 and a refresh to another host': respond(200, '{}', { refresh: `0; url=${elsewhere}/stolen` }),
  'the request itself': (request, response) =>
    void response.end(JSON.stringify({ status: 999, msg: `${request.url} ${JSON.stringify(request.headers)}` })),
  'no JSON, 1 MB of it': respond(200, 'a'.repeat(MIB)),
  'encoded percent signs, 1 MB of them': respond(200, '%25'.repeat(MIB / 3)),
  'an empty body': respond(200, ''),
  'a number': respond(200, '200'),
  null: respond(200, 'null'),
  'a list': respond(200, '[{"status":"200"}]'),
  'a status that is an object': respond(200, '{"status":{"toString":"200"}}'),
  'a message that is an object': respond(200, '{"status":"999","msg":{"toString":"a"}}'),
  'a message 100,000 deep': respond(200, `{"status":"999","msg":${lists(100_000)}}`),
  'a message of 1 MB': respond(200, `{"status":"999","msg":"${'m'.repeat(MIB)}"}`),
  'a status of 10,000 digits': respond(200, `{"status":"${'2'.repeat(10_000)}"}`),
  'a result that is a number': respond(200, '{"status":"200","result":7,"resultList":7}'),
  'rows that are no objects': respond(200, '{"status":"200","resultList":[null,1,"a",[],true]}'),
  'fields of other types': respond(
    200,
    '{"status":"200","result":{"downloadUrl":{},"unzipPassword":[]},"resultList":[{"orderNo":{},"id":[],"addDate":{}}]}',
  ),
  'a link that is none': respond(
    200,
    '{"status":"200","result":{"downloadUrl":"javascript:alert(1)","unzipPassword":"a"}}',
  ),
  'lists in lists, 100,000 deep': respond(200, deep(100_000)),
  'lists in lists, 1,000,000 deep': respond(200, deep(1_000_000)),
  '__proto__ and constructor': respond(
    200,
    '{"status":"200","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  ),
  'names repeated': respond(200, '{"status":"500","status":"200","resultList":[],"resultList":{}}'),
  'no UTF-8': respond(
    200,
    Buffer.concat([Buffer.from('{"status":"2'), Buffer.from([0xff, 0xfe, 0x00]), Buffer.from('"}')]),
  ),
  'UTF-16': respond(200, Buffer.from('\ufeff{"status":"200"}', 'utf16le')),
  '100,000 rows that are not objects': respond(200, `{"status":"200","resultList":[${'0,'.repeat(100_000)}0]}`),
  NaN: respond(200, '{"status":NaN}'),
});

export const qccAnswers: HostileRow = {
  name: 'qcc-answers',
  title: 'QCC answering with anything: HTML, 1 GB, never, wrong types, bombs, redirects',
  mustHold:
    'bounded memory, time and retries at every endpoint; the Token goes to no other host; no secret in what is reported',
  async run({ short, say }) {
    const tally = createTally();
    const timeoutMs = short ? 200 : 500;
    const timeLimitMs = ATTEMPTS * timeoutMs + SLACK_MS;
    const endpoints = Object.entries(ENDPOINTS);
    const [key, secretKey] = [canary(), canary()];
    const tokens = new Set<string>();
    const now = () => {
      const at = Date.now();
      tokens.add(sign({ key, secretKey }, at).Token);
      return at;
    };
    let strayed = 0;
    await using elsewhere = await startLoopbackServer((_, response) => {
      strayed += 1;
      response.end('{"status":"200"}');
    });
    let peakMiB = 0;
    let longestMs = 0;
    for (const [index, [name, listener]] of Object.entries(answers(elsewhere.url)).entries()) {
      let requests = 0;
      await using qcc = await startLoopbackServer((request, response) => {
        requests += 1;
        listener(request, response);
      });
      await using client = createQccClient({ baseUrl: qcc.url, key, secretKey, timeoutMs, now });
      // In short each response comes from one endpoint, in turn.
      const asked = short ? [endpoints[index % endpoints.length]!] : endpoints;
      for (const [endpoint, call] of asked) {
        requests = 0;
        const memory = watchMemory();
        const began = performance.now();
        const said = await call(client, { retry: RETRY }).then(
          (outcome) => ({ outcome: JSON.stringify(outcome) }),
          (error: unknown) => ({ error: String(error) }),
        );
        const ms = performance.now() - began;
        const grownMiB = memory.stop();
        peakMiB = Math.max(peakMiB, grownMiB);
        longestMs = Math.max(longestMs, ms);
        const text = JSON.stringify(said);
        const leaked = [key, secretKey, ...tokens].find((secret) => text.includes(secret));
        const problem =
          ('error' in said ? `an exception instead of an outcome: ${said.error}` : null) ??
          (requests > ATTEMPTS ? `${requests} requests` : null) ??
          (ms > timeLimitMs ? `took ${Math.round(ms)} ms` : null) ??
          (grownMiB > MEMORY_LIMIT_MIB ? `took ${Math.round(grownMiB)} MiB` : null) ??
          (leaked === undefined ? null : 'a secret in the outcome');
        tally.count(`${endpoint}, ${name}`, problem);
      }
      say(name);
    }
    tally.count('other hosts', strayed === 0 ? null : `got ${strayed} requests`);
    tally.count('Object.prototype', 'polluted' in {} ? 'is polluted' : null);
    return tally.figures([
      `longest call ${Math.round(longestMs)} ms with a limit of ${timeoutMs} ms and ${ATTEMPTS} attempts`,
      `most memory of one call ${Math.round(peakMiB)} MiB, the hostile server's own included`,
      `${strayed} requests at the host that redirects named`,
    ]);
  },
};

/** How much the process has grown at most until `stop`, in MiB. */
function watchMemory(): { stop(): number } {
  const before = process.memoryUsage.rss();
  let peak = before;
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, 10);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return (peak - before) / MIB;
    },
  };
}
