import { type CallBreaker, createCallBreaker } from 'qcc-core/qcc/call-breaker';

/**
 * The extractor's circuit breakers. There is one for each endpoint, because too many calls for invented orders may block
 * getDownloadUrl, and the list still says which orders exist. The list blocks after 106 and 108 until a person runs
 * `npx qcc details open`. Links are asked for again after five minutes, because orders wait for them.
 */
export type QccBreakers = { link: CallBreaker; list: CallBreaker; reset(): void };

export function createQccBreakers(input: { quotaOpensAt: number; now: () => number }): QccBreakers {
  const link = createCallBreaker(input);
  const list = createCallBreaker({ ...input, blocksUntilReset: true });
  return {
    link,
    list,
    reset() {
      link.reset();
      list.reset();
    },
  };
}
