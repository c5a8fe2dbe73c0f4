import { connect } from 'node:net';

export type RawResponse = { status: number; headers: Readonly<Record<string, string>>; body: string };

/**
 * Sends bytes, which need not be HTTP, and reads the response until the other side closes.
 * @returns null if it closes without an HTTP response. @throws Error if it does not close within the limit, even if it has answered.
 */
export async function sendRaw(port: number, bytes: Buffer | string, limitMs = 15_000): Promise<RawResponse | null> {
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  const limit = setTimeout(() => reject(new Error(`neither answered nor closed within ${limitMs} ms`)), limitMs);
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  // The other side may close while bytes are still on their way to it.
  socket.on('error', () => {});
  socket.once('close', () => resolve());
  socket.write(bytes);
  try {
    await closed;
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
  return parseAnswer(Buffer.concat(received).toString());
}

/** A request for a path and query, as they are, that the server closes after. */
export const getRequest = (target: string, headers: Readonly<Record<string, string>> = {}): string =>
  [
    `GET ${target} HTTP/1.1`,
    'Host: gateway',
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

function parseAnswer(text: string): RawResponse | null {
  const [head = '', body = ''] = text.split(/\r\n\r\n([\s\S]*)/, 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (!status) return null;
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name = '', value = ''] = line.split(/: (.*)/, 2);
      return [name.toLowerCase(), value];
    }),
  );
  return { status, headers, body };
}

/** Works through the items, so many at once. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
