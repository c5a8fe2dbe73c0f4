import ipaddr from 'ipaddr.js';

export type ClientAddress = (request: {
  /** Of the connection; undefined where it is gone already. */
  peer: string | undefined;
  /** `X-Forwarded-For`, all its lines joined by commas. */
  forwardedFor: string | undefined;
}) => string;

/**
 * Returns a function that finds the client of a request. `X-Forwarded-For` counts only as far as trusted proxies wrote it: it is read from
 * the right, and the first address that does not belong to a trusted proxy is the client's. The client may have invented the addresses to
 * the left of it, or the whole header if the connection does not come from a trusted proxy. `Forwarded` (RFC 7239) is not read, because a
 * proxy that writes one of the two headers passes on the client's other one.
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
