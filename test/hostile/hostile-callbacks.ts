import fc from 'fast-check';

/** A request that must not lead to an order: something that counts is wrong with it, whatever else it brings. */
export type HostileCallback = { name: string; bytes: Buffer };

const PATH = '/qcc/callback';
const ORDER = 'orderNo=DDMON2026FUZZ';

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
/** Each value must stand unencoded in a request line, so none holds a blank. */
const badOrderNos: Readonly<Record<string, string>> = {
  'no order number': '',
  'an empty order number': 'orderNo=',
  'a blank order number': 'orderNo=%20%20',
  'a repeated order number': `${ORDER}&${ORDER}`,
  'two order numbers': `${ORDER}&orderNo=OTHER`,
  'CRLF in the order number': 'orderNo=A%0d%0aSet-Cookie:%20a=b',
  'NUL in the order number': 'orderNo=A%00B',
  'no UTF-8 in the order number': 'orderNo=A%ff%fe',
  'an overlong encoding in the order number': 'orderNo=%c0%ae%c0%ae',
  'half a surrogate pair in the order number': 'orderNo=%ed%a0%80',
  'a line separator in the order number': 'orderNo=A%e2%80%a8B',
  'a right-to-left override in the order number': 'orderNo=A%e2%80%aeB',
  'an order number of 10,000 characters': `orderNo=${'9'.repeat(10_000)}`,
  'the order number under another spelling': 'orderno=DDMON2026FUZZ&ORDERNO=A&orderNo%00=A',
  'an order number as an array': 'orderNo[]=DDMON2026FUZZ&orderNo[0]=A',
};
const badKeys = (key: string): Readonly<Record<string, string>> => ({
  'no key': '',
  'an empty key': 'key=',
  'a wrong key': 'key=guess',
  'a prefix of the key': `key=${key.slice(0, -1)}`,
  'the key and one more character': `key=${key}x`,
  'the key and NUL': `key=${key}%00`,
  'the key and a blank': `key=${key}%20`,
  'the key in other letters': `key=${key.toUpperCase()}`,
  'the key encoded twice': `key=${hex(key).replaceAll('%', '%25')}`,
  'the key repeated': `key=${key}&key=${key}`,
  'the key after a wrong one': `key=guess&key=${key}`,
  'the key before an empty one': `key=${key}&key=`,
  'the key under another name': `Key=${key}&KEY=${key}&key%00=${key}`,
  'the key as an array': `key[]=${key}`,
  'the key behind semicolons': `a=b;key=${key}`,
  'a key of 40,000 characters': `key=${'k'.repeat(40_000)}`,
  'a mis-encoded key': 'key=%zz%f',
});
const METHODS = [
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'CONNECT',
  'get',
  'FOO',
];
const PATHS = [
  '/',
  '//qcc/callback',
  '/qcc/callback/',
  '/QCC/callback',
  '/qcc/callback;a',
  '/qcc%2fcallback',
  '/metrics',
  '*',
  '/%00',
];

/** What else a callback may bring; none of it matters. */
const noise = fc.array(
  fc.oneof(
    fc.constantFrom(
      'downloadUrl=http%3A%2F%2F169.254.169.254%2Fa.zip',
      'downloadUrl=file%3A%2F%2F%2Fetc%2Fpasswd',
      'downloadUrl=%ff%00',
      'unzipPassword=a&unzipPassword=b',
      'downloadUrlExpiredTime=0000-00-00%2025%3A61%3A61',
      '__proto__=a&constructor=b&prototype[key]=c',
      '%=%&&&==&?',
      "a=';DROP TABLE records;--",
      `a=\${jndi:ldap://a/b}`,
      `pad=${'x'.repeat(5_000)}`,
    ),
    fc
      .tuple(fc.webQueryParameters(), fc.webQueryParameters())
      .map(([name, value]) => `${name.replaceAll(/key|orderNo/gi, 'a')}x=${value.replaceAll('&', '')}`),
    fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => `b=${[...bytes].map((b) => `%${b.toString(16)}`).join('')}`),
  ),
  { maxLength: 5 },
);

const request = (
  method: string,
  target: string,
  version = 'HTTP/1.1',
  headers: readonly string[] = ['Host: gateway'],
) => `${[`${method} ${target} ${version}`, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`;

/** Seeded by fast-check: the same seed gives the same requests. */
export function hostileCallbacks({
  key,
  seed,
  count,
}: {
  key: string;
  seed: number;
  count: number;
}): HostileCallback[] {
  const good = `key=${key}&${ORDER}`;
  const named = (cases: Readonly<Record<string, string>>) => fc.constantFrom(...Object.entries(cases));
  const query = (parts: readonly string[]) => parts.filter((part) => part !== '').join('&');

  const flawedKey = fc
    .tuple(named(badKeys(key)), noise)
    .map(([[name, flaw], extra]) => [name, request('GET', `${PATH}?${query([flaw, ORDER, ...extra])}`)]);
  const flawedOrderNo = fc
    .tuple(named(badOrderNos), noise)
    .map(([[name, flaw], extra]) => [name, request('GET', `${PATH}?${query([`key=${key}`, ...extra, flaw])}`)]);
  const otherMethod = fc
    .tuple(fc.constantFrom(...METHODS), noise)
    .map(([method, extra]) => [`the method ${method}`, request(method, `${PATH}?${query([good, ...extra])}`)]);
  const otherPath = fc
    .constantFrom(...PATHS)
    .map((path) => [`the path ${path}`, request('GET', path === '*' ? path : `${path}?${good}`)]);
  const brokenHttp = named({
    'a query of 1 MB': request('GET', `${PATH}?${good}&pad=${'x'.repeat(1_048_576)}`),
    'a header of 1 MB': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: gateway', `X: ${'x'.repeat(1_048_576)}`]),
    'CRLF in the request line': request('GET', `${PATH}?key=guess\r\nX-Injected: ${good}`),
    'NUL in the request line': request('GET', `${PATH}?${good}\0`),
    'NUL in a header': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: gateway', 'X: a\0b']),
    'a line feed alone in a header': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: gateway', 'X: a\nY: b']),
    'no host': request('GET', `${PATH}?${good}`, 'HTTP/1.1', []),
    'two hosts': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: a/b']),
    'two lengths': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: a', 'Content-Length: 1', 'Content-Length: 2']),
    'a length and chunks': request('POST', `${PATH}?${good}`, 'HTTP/1.1', [
      'Host: a',
      'Content-Length: 4',
      'Transfer-Encoding: chunked',
    ]),
    'a negative length': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: a', 'Content-Length: -1']),
    'an expectation': request('GET', `${PATH}?${good}`, 'HTTP/1.1', ['Host: a', 'Expect: miracles']),
    'another protocol': request('GET', `${PATH}?${good}`, 'HTTP/9.9'),
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a TLS handshake': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    mail: 'EHLO gateway\r\n\r\n',
  }).map(([name, bytes]) => [name, bytes]);
  const noHttp = fc
    .uint8Array({ minLength: 1, maxLength: 400 })
    .map((bytes) => ['random bytes', `${Buffer.from(bytes).toString('latin1')}\r\n\r\n\r\n`]);

  const any = fc.oneof(
    { arbitrary: flawedKey, weight: 35 },
    { arbitrary: flawedOrderNo, weight: 30 },
    { arbitrary: otherMethod, weight: 12 },
    { arbitrary: otherPath, weight: 8 },
    { arbitrary: brokenHttp, weight: 10 },
    { arbitrary: noHttp, weight: 5 },
  );
  return fc.sample(any, { seed, numRuns: count }).map(([name = '', bytes = '']) => ({
    name,
    bytes: Buffer.from(bytes, 'latin1'),
  }));
}
