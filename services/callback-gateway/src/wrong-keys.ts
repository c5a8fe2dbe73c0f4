import { createHash, randomBytes } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Counts a callback without the right key. */
export type CountWrongKey = (client: string) => Promise<WrongKeyVerdict>;
export type WrongKeyVerdict =
  | { kind: 'allowed' }
  /** `first` where it is the first one above the limit: worth one line in the log. */
  | { kind: 'limited'; retryAfterSeconds: number; first: boolean };

const WINDOW_SECONDS = 60;

/**
 * Allows each client `perMinute` callbacks without the right key. This limits the work and the log lines that guesses cause. Callbacks with
 * the right key are never counted, so nobody can lock QCC out.
 *
 * Clients share 65,536 counters, chosen by a hash that nobody can predict, so memory stays bounded however many addresses an attacker has.
 * All addresses of an IPv6 /64 count as one client, because that is the smallest network that a client usually gets.
 */
export function createWrongKeyCounter({ perMinute }: { perMinute: number }): CountWrongKey {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  const salt = randomBytes(16);
  const counterOf = (client: string) =>
    createHash('sha256').update(salt).update(networkOf(client)).digest().readUInt16BE();
  return async (client) => {
    try {
      await limiter.consume(counterOf(client));
      return { kind: 'allowed' };
    } catch (rejected) {
      if (!(rejected instanceof RateLimiterRes)) throw rejected;
      const retryAfterSeconds = Math.max(1, Math.ceil(rejected.msBeforeNext / 1_000));
      return { kind: 'limited', retryAfterSeconds, first: rejected.consumedPoints === perMinute + 1 };
    }
  };
}

function networkOf(client: string): string {
  if (!ipaddr.isValid(client)) return client;
  const address = ipaddr.process(client);
  return address.kind() === 'ipv4' ? address.toString() : address.toByteArray().slice(0, 8).join('.');
}
