import type { Faults } from './faults.ts';
import type { Order } from './orders.ts';
import { linkSignature, sameText } from './sign.ts';

/** A link as Alibaba's OSS signs it; anybody who has it may download until it expires. */
export type Link = { url: string; expiresAt: number };

export type LinkDeps = { now: () => number; accessKeyId: string; secret: string };

/** `lifetimeMs` from now, to the second. `host` is `host:port` as callers reach it. */
export function makeLink(
  deps: LinkDeps,
  order: Order,
  { host, lifetimeMs }: { host: string; lifetimeMs: number },
): Link {
  const expires = String(Math.floor((deps.now() + lifetimeMs) / 1_000));
  const signature = encodeURIComponent(linkSignature(deps.secret, order.filePath, expires));
  return {
    url: `http://${host}${order.filePath}?Expires=${expires}&OSSAccessKeyId=${deps.accessKeyId}&Signature=${signature}`,
    expiresAt: Number(expires) * 1_000,
  };
}

/** The link that each order is given, a new one or the same again, as `sameLink` says. */
export function createLinks(
  deps: LinkDeps,
  { host, faults }: { host: () => string; faults: { readonly current: Faults } },
): (order: Order) => Link {
  const given = new Map<Order, Link & { lifetimeMs: number }>();
  return (order) => {
    const { linkLifetimeMs: lifetimeMs, sameLink } = faults.current;
    const before = given.get(order);
    // A changed setting is meant to show.
    const isAlive = before !== undefined && before.expiresAt > deps.now() && before.lifetimeMs === lifetimeMs;
    if (before && (sameLink === 'always' || (sameLink === 'while-it-lives' && isAlive))) return before;
    const link = { ...makeLink(deps, order, { host: host(), lifetimeMs }), lifetimeMs };
    given.set(order, link);
    return link;
  };
}

export type LinkQuery = { expires: string; accessKeyId: string; signature: string };
export type LinkFault = { code: 'AccessDenied' | 'InvalidAccessKeyId' | 'SignatureDoesNotMatch'; message: string };

/** Why a request by link is refused, in the file host's words; undefined when it is not. */
export function linkFault(deps: LinkDeps, path: string, query: LinkQuery): LinkFault | undefined {
  if (query.accessKeyId !== deps.accessKeyId) {
    return { code: 'InvalidAccessKeyId', message: 'The OSS Access Key Id you provided does not exist in our records.' };
  }
  if (!sameText(query.signature, linkSignature(deps.secret, path, query.expires))) {
    return {
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
    };
  }
  if (Number(query.expires) * 1_000 <= deps.now()) return { code: 'AccessDenied', message: 'Request has expired.' };
  return undefined;
}
