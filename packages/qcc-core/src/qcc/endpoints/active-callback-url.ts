import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';

/** 激活调用推送回调地址 (document 6.2.3): resets the count of failed callbacks, after five of which QCC stops calling. */
export const activeCallbackUrl: Endpoint<void, null> = {
  name: 'activeCallbackUrl',
  query: () => ({}),
  result: () => z.unknown().transform(() => null),
};
