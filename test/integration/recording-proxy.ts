import { request as forward } from 'node:http';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';

export type RecordingProxy = AsyncDisposable & {
  readonly url: string;
  /** Of each request the line with its URL, and the headers, both decoded: what servers and proxies log. */
  heads(): string;
  /** Of all requests. */
  bodies(): string;
};

/** A proxy in front of an HTTP server, and what it could log. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const heads: string[] = [];
  const bodies: Buffer[] = [];
  const server = await startLoopbackServer((request, response) => {
    const { method, url = '', headers, rawHeaders } = request;
    heads.push(decodeURIComponent([method, url, ...rawHeaders].join('\n').replaceAll('+', ' ')));
    const onward = forward(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.on('data', (chunk: Buffer) => void bodies.push(chunk)).pipe(onward);
  });
  return {
    url: server.url,
    heads: () => heads.join('\n'),
    bodies: () => Buffer.concat(bodies).toString(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Each character of a text, as it is, escaped as in JSON, and as the patterns of an erasure name it. Digits alone may be an id or a port. */
export const anyCharacterOf = (text: string): RegExp => {
  const codes = Array.from(text, (each) => each.charCodeAt(0).toString(16).padStart(4, '0'));
  return new RegExp(`[${text}]|(?:\\\\u|i:)(?:${codes.join('|')})`, 'i');
};
