import { z } from 'zod';
import type { PUSH_HOURS } from '../../contract/domain.ts';
import { isRecord } from '../response.ts';
import type { Endpoint } from './endpoint.ts';

export type PushSetting = {
  /** A: 启用, I: 禁用. */
  enablePush: 'A' | 'I';
  /** Required even to disable. http or https, without query or fragment. */
  callbackUrl: string;
  /** The hour at which the window begins. */
  pushPeriodTime?: (typeof PUSH_HOURS)[number];
};

/**
 * 设置推送回调地址和推送时间 (document 6.2.1). QCC echoes the callback URL, so that it can be compared: at the top level according to
 * the document's table, under `result` according to its example. It must be in at least one place, and differ in none.
 * @throws TypeError for a callback URL that would break: QCC appends `?key=…` to it as it is.
 */
export const setApiPushSetting: Endpoint<PushSetting, null> = {
  name: 'setApiPushSetting',
  query({ enablePush, callbackUrl, pushPeriodTime }) {
    refuseUnusable(callbackUrl);
    return { enablePush, callbackUrl, ...(pushPeriodTime && { pushPeriodTime: String(pushPeriodTime) }) };
  },
  result: ({ callbackUrl }) =>
    z
      .record(z.string(), z.unknown())
      .refine((fields) => {
        const places = [fields, fields.result].filter(isRecord);
        const echoes = places.map((place) => place.callbackUrl).filter((echo) => echo !== undefined && echo !== null);
        return echoes.length > 0 && echoes.every((echo) => echo === callbackUrl);
      }, 'callbackUrl is not echoed as it was sent: the setting may not be in force')
      .transform(() => null),
};

/** Says what is wrong without the URL: its path may be the secret that guards the callback. */
function refuseUnusable(callbackUrl: string): void {
  const url = URL.parse(callbackUrl);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TypeError('callbackUrl is not an http or https URL');
  }
  if (/[?#]/.test(callbackUrl)) {
    throw new TypeError('callbackUrl has a query or a fragment: QCC appends its own query, so leave it out');
  }
}

/** 激活调用推送回调地址 (document 6.2.3): resets the count of failed callbacks, after five of which QCC stops calling. */
export const activeCallbackUrl: Endpoint<void, null> = {
  name: 'activeCallbackUrl',
  query: () => ({}),
  result: () => z.unknown().transform(() => null),
};
