import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type HostRules = {
  /** Exact `host` (on ports 80 and 443) or `host:port`. */
  allowedHosts: readonly string[];
  /** Whether an allowed host may be private, loopback or otherwise not public. */
  allowPrivateHosts: boolean;
};

export type DownloadTarget = { kind: 'allowed'; url: URL } | { kind: 'refused'; message: string };

const DEFAULT_PORTS = { 'http:': '80', 'https:': '443' } as const;

/**
 * Decides whether a link may be fetched at all. It must be http or https, without user and password, and its host must be on the
 * list. If the host is an address, in any notation, it must be public, unless private hosts are allowed (URL parsing has converted
 * `0x7f.1` and `2130706433` to dotted form). The addresses of a host name are checked later. Messages name the host, never scheme,
 * path or query.
 */
export function checkDownloadTarget(link: string, { allowedHosts, allowPrivateHosts }: HostRules): DownloadTarget {
  const url = URL.parse(link);
  if (!url) return refused('the link is not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refused('the link is neither http nor https');
  if (url.username !== '' || url.password !== '') return refused('the link carries a user or password');

  const port = url.port || DEFAULT_PORTS[url.protocol];
  const isDefaultPort = port === '80' || port === '443';
  const names = [`${url.hostname}:${port}`, ...(isDefaultPort ? [url.hostname] : [])];
  if (!allowedHosts.some((allowed) => names.includes(allowed.toLowerCase()))) {
    return refused(`host ${url.hostname}:${port} is not among QCC_DOWNLOAD_HOSTS`);
  }
  const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!allowPrivateHosts && ipaddr.isValid(address) && !isPublicAddress(address)) {
    return refused(`address ${address} is not public, see QCC_ALLOW_PRIVATE_HOSTS`);
  }
  return { kind: 'allowed', url };
}

const refused = (message: string): DownloadTarget => ({ kind: 'refused', message });

/** All addresses that are assigned as global unicast. The rest of IPv6 is not public; some of it leads to IPv4 (`::127.0.0.1`). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Azure's platform address, which answers metadata: public by its range, private by its meaning. */
const PLATFORM_ADDRESSES: readonly string[] = ['168.63.129.16'];

/**
 * Whether an address, as a resolver or a socket writes it, is unicast and public. An IPv4-mapped address is checked as IPv4. Other
 * ranges that contain IPv4 addresses (compatible, NAT64, 6to4, Teredo), zones and other notations are not public.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  const read = ipaddr.process(address);
  if (read.range() !== 'unicast' || PLATFORM_ADDRESSES.includes(read.toString())) return false;
  return read.kind() === 'ipv4' || read.match(GLOBAL_UNICAST);
}
