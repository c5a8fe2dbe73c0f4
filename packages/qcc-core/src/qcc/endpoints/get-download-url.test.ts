import { expect, test } from 'vitest';
import { linkExpiresAt } from './get-download-url.ts';

const LINK = 'http://pro-files.qichacha.com/DdMonitor/x.zip?Expires=1615884598&Signature=D0lw';
const SIGNED = 1_615_884_598_000;

test.each([
  [
    "the document's callback says 20:19:00, its link ends at 16:49:58: the earlier counts",
    LINK,
    '2021-03-16 20:19:00',
    SIGNED,
  ],
  ['the same the other way round', LINK, '2021-03-16 16:49:57', SIGNED - 1_000],
  ['the link alone', LINK, null, SIGNED],
  ['a time that cannot be read', LINK, 'soon', SIGNED],
  ['the time alone', 'http://h/x.zip', '2021-03-16 16:49:58', SIGNED],
  ['an Expires that is no number', 'http://h/x.zip?Expires=soon', '2021-03-16 16:49:58', SIGNED],
  ['a link that is no URL', 'x.zip?Expires=1', '2021-03-16 16:49:58', SIGNED],
  ['neither', 'http://h/x.zip', undefined, null],
])('%s', (_, link, said, expected) => {
  expect(linkExpiresAt(link, said)).toBe(expected);
});
