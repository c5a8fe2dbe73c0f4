import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClientAddress } from './client-address.ts';

const PROXIES = ['10.0.0.0/8', '192.0.2.1', '2001:db8:ffff::/48'];
const addressOf = createClientAddress(PROXIES);

describe('the client of a request', () => {
  test.each<[string, string | undefined, string | undefined, string]>([
    ['without a proxy is the peer', '203.0.113.9', undefined, '203.0.113.9'],
    ['that names another without being a proxy is the peer', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['behind a proxy is whom the proxy names', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['behind a proxy by IPv6-mapped address', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['behind two proxies is whom the outer one names', '10.1.2.3', '198.51.100.1, 192.0.2.1', '198.51.100.1'],
    [
      'that invents addresses is the rightmost one that is not a proxy',
      '10.1.2.3',
      '127.0.0.1, 8.8.8.8, 198.51.100.1',
      '198.51.100.1',
    ],
    ['who made up a proxy is not that proxy', '10.1.2.3', '10.9.9.9, 198.51.100.1', '198.51.100.1'],
    ['behind proxies only is the leftmost of them', '10.1.2.3', '10.0.0.2, 192.0.2.1', '10.0.0.2'],
    ['of an IPv6 proxy', '2001:db8:ffff::1', '2001:db8:1::7', '2001:db8:1::7'],
    ['named with its port', '10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
    ['named in brackets with its port', '10.1.2.3', '[2001:db8:1::7]:4711', '2001:db8:1::7'],
    ['that the proxy names without an address is the proxy', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['named by an empty header is the proxy', '10.1.2.3', '', '10.1.2.3'],
    ['whose connection is gone is unknown', undefined, '198.51.100.1', 'unknown'],
  ])('%s', (_what, peer, forwardedFor, client) => {
    expect(addressOf({ peer, forwardedFor })).toBe(client);
  });

  test('is the peer whatever the header says, where no proxy is trusted', () => {
    const direct = createClientAddress([]);
    fc.assert(
      fc.property(fc.ipV4(), fc.string(), (peer, forwardedFor) => {
        expect(direct({ peer, forwardedFor })).toBe(peer);
      }),
    );
  });

  test('does not depend on what the client puts in front of what the proxy adds', () => {
    fc.assert(
      fc.property(fc.string(), (madeUp) => {
        expect(addressOf({ peer: '10.1.2.3', forwardedFor: `${madeUp},198.51.100.1` })).toBe('198.51.100.1');
      }),
    );
  });
});
