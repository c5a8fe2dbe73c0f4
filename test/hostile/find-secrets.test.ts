import { expect, test } from 'vitest';
import { findSecrets } from './find-secrets.ts';

const SECRET = 'canary0123456789abcdef+/=';
const find = (text: string) => findSecrets([{ name: 'a log', bytes: Buffer.from(text) }], new Map([['a key', SECRET]]));

test.each([
  ['as it is', `x${SECRET}x`],
  ['percent-encoded', `x${encodeURIComponent(SECRET)}x`],
  ['as code units', `x${Array.from(SECRET, (unit) => `\\u00${unit.charCodeAt(0).toString(16)}`).join('')}x`],
  ['in hexadecimal', `x${Buffer.from(SECRET).toString('hex')}x`],
  ['in base64', Buffer.from(`${SECRET}x`).toString('base64')],
  ['in base64, one byte on', Buffer.from(`a${SECRET}x`).toString('base64')],
  ['in base64, two bytes on', Buffer.from(`ab${SECRET}x`).toString('base64')],
])('a secret is found %s', (_how, text) => {
  expect(find(text)).toEqual(['a key in a log']);
});

test.each(['?Signature=D0lw17m2HGf', '%26Signature%3DD0lw17m2HGf', '%2526Signature%253DD0lw17m2HGf'])(
  'the signature of a link is found: %s',
  (text) => {
    expect(find(text)).toEqual(['the signature of a link in a log']);
  },
);

test.each(['nothing', '?Signature=[redacted]', SECRET.slice(1)])('nothing is found in %s', (text) => {
  expect(find(text)).toEqual([]);
});
