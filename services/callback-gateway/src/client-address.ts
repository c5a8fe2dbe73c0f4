import ipaddr from 'ipaddr.js';

export type ClientAddress = (request: {
  /** Of the connection; undefined where it is gone already. */
  peer: string | undefined;
  /** `X-Forwarded-For`, all its lines joined by commas. */
  forwardedFor: string | undefined;
}) => string;

/**
 * Who a request comes from. `X-Forwarded-For` counts only as far as trusted proxies wrote it: it is read from the right,
 * and the first address that is no trusted proxy's is the client's. What stands left of it, the client may have made up,
 * and so may a whole header that comes from no trusted proxy. `Forwarded` (RFC 7239) is not read: a proxy that writes one
 * of the two passes the client's other one on.
 * @param trustedProxies addresses and networks, as the setting TRUSTED_PROXIES takes them.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const networks = trustedProxies.map(parseNetwork);
  const isTrusted = (address: Address) =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

  return ({ peer, forwardedFor }) => {
    let client = parseAddress(peer ?? '');
    const named = forwardedFor?.split(',') ?? [];
    while (client && isTrusted(client)) {
      const before = parseAddress(named.pop() ?? '');
      if (!before) break;
      client = before;
    }
    return client?.toString() ?? 'unknown';
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parseNetwork(text: string): [Address, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Some proxies add the port: `192.0.2.7:4711`, `[2001:db8::7]:4711`. */
function parseAddress(text: string): Address | null {
  const address = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1');
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}
