import { expect, test } from 'vitest';
import { checkDownloadTarget, isPublicAddress } from './download-target.ts';

const strict = { allowedHosts: ['pro-files.qichacha.com', 'mirror.test:8443'], allowPrivateHosts: false };

test.each([
  ["the document's link", 'http://pro-files.qichacha.com/DdMonitor/x.zip?Expires=1&Signature=a%2Bb'],
  ['https', 'https://pro-files.qichacha.com/x.zip'],
  ['the default port, written out', 'http://pro-files.qichacha.com:80/x.zip'],
  ['upper case', 'HTTP://PRO-FILES.QICHACHA.COM/x.zip'],
  ['a listed port', 'https://mirror.test:8443/x.zip'],
])('is allowed: %s', (_, link) => {
  const target = checkDownloadTarget(link, strict);
  expect(target).toEqual({ kind: 'allowed', url: new URL(link) });
});

test.each([
  ['another host', 'http://evil.test/x.zip', 'evil.test:80 is not among'],
  ['a host that begins alike', 'http://pro-files.qichacha.com.evil.test/x.zip', 'is not among'],
  ['a host that ends alike', 'http://evilpro-files.qichacha.com/x.zip', 'is not among'],
  ['a subdomain', 'http://a.pro-files.qichacha.com/x.zip', 'is not among'],
  ['the root dot', 'http://pro-files.qichacha.com./x.zip', 'is not among'],
  ['another port', 'http://pro-files.qichacha.com:8080/x.zip', ':8080 is not among'],
  ['the default port of a host listed with another', 'https://mirror.test/x.zip', ':443 is not among'],
  ['a user that looks like the host', 'http://pro-files.qichacha.com@evil.test/x.zip', 'user or password'],
  ['a user at the right host', 'http://user:pw@pro-files.qichacha.com/x.zip', 'user or password'],
  ['a backslash', 'http://evil.test\\@pro-files.qichacha.com/x.zip', 'evil.test:80'],
  ['ftp', 'ftp://pro-files.qichacha.com/x.zip', 'neither http nor https'],
  ['a file', 'file:///etc/passwd', 'neither http nor https'],
  ['no URL', '//pro-files.qichacha.com/x.zip', 'not a URL'],
])('is refused: %s', (_, link, message) => {
  expect(checkDownloadTarget(link, strict)).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining(message),
  });
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['hexadecimal', '0x7f000001'],
  ['one number', '2130706433'],
  ['octal', '0177.0.0.1'],
  ['short', '127.1'],
  ['zero', '0'],
  ['private', '10.0.0.1'],
  ['shared', '100.64.0.1'],
  ['metadata', '169.254.169.254'],
  ['IPv6 loopback', '[::1]'],
  ['IPv6-mapped', '[::ffff:127.0.0.1]'],
  ['IPv6-mapped, in hexadecimal', '[::ffff:7f00:1]'],
  ['IPv6 link-local', '[fe80::1]'],
  ['IPv6 private', '[fd00::1]'],
  ['IPv4-compatible', '[::127.0.0.1]'],
  ['NAT64', '[64:ff9b::7f00:1]'],
  ['6to4', '[2002:7f00:1::]'],
  ["Azure's metadata", '168.63.129.16'],
])('a listed address that is not public needs allowPrivateHosts: %s', (_, host) => {
  const link = `http://${host}/x.zip?Signature=canary`;
  const allowedHosts = [new URL(link).hostname];
  const refused = checkDownloadTarget(link, { allowedHosts, allowPrivateHosts: false });
  expect(refused).toMatchObject({ kind: 'refused', message: expect.stringMatching(/is not public/) });
  expect(JSON.stringify(refused)).not.toContain('canary');
  expect(checkDownloadTarget(link, { allowedHosts, allowPrivateHosts: true })).toMatchObject({ kind: 'allowed' });
});

test.each([
  ['8.8.8.8', true],
  ['2400:3200::1', true],
  ['::ffff:8.8.8.8', true],
  ['192.168.1.1', false],
  ['::', false],
  ['255.255.255.255', false],
  ['224.0.0.1', false],
  ['::7f00:1', false],
  ['::ffff:0:7f00:1', false],
  ['64:ff9b:1::a00:1', false],
  ['2001::1', false],
  ['4000::1', false],
  ['fec0::1', false],
  ['2400:3200::1%eth0', false],
  ['0x8.8', false],
  ['not an address', false],
])('%s is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});
