import { STATUS_CODES } from 'node:http';

/**
 * What each status code of section 7 means for the caller. The document sorts codes into valid and invalid requests and
 * never says which may be retried; this table decides, and nothing else does. 203, 214 and 223 look like successes but
 * are failures. `msg` varies and is never read.
 *
 * - `success`: the response holds a result
 * - `empty`: the response says that there is nothing; may be cached
 * - `later`: QCC is still working on it; ask again without holding up others
 * - `retry`: QCC's own trouble; bounded retry with backoff
 * - `pause`: the daily limit; no calls until it opens again: at `QUOTA_OPENS_AT` in Shanghai, by default at midnight
 * - `stop`: account, address, money or configuration; no calls until a person has looked (106 and 108 punish loops)
 * - `never`: this request cannot succeed as it is; no retry
 * - `unknown`: not in the document; bounded retry, then a dead letter
 */
export type StatusClass = 'success' | 'empty' | 'later' | 'retry' | 'pause' | 'stop' | 'never' | 'unknown';

type KnownStatus = { class: Exclude<StatusClass, 'unknown'>; message: string };

export const QCC_STATUSES: Readonly<Record<string, KnownStatus>> = {
  200: { class: 'success', message: '【有效请求】查询成功' },
  201: { class: 'empty', message: '【有效请求】查询无结果' },
  202: { class: 'never', message: '【有效请求】查询参数错误，请检查' },
  205: { class: 'later', message: '【有效请求】等待处理中' },
  207: { class: 'never', message: '【有效请求】请求数据的条目数超过上限（5000）' },
  208: { class: 'never', message: '【有效请求】此接口不支持此公司类型查询' },
  209: { class: 'never', message: '【有效请求】企业数量超过上限' },
  213: { class: 'never', message: '【有效请求】参数长度不能小于 2' },
  215: { class: 'never', message: '【有效请求】不支持的查询关键字' },
  218: { class: 'never', message: '【有效请求】该企业暂不支持空壳扫描' },
  219: { class: 'never', message: '【有效请求】该企业暂不支持准入尽调' },
  101: { class: 'stop', message: '【无效请求】当前的 KEY 无效或者还未生效中' },
  102: { class: 'stop', message: '【无效请求】当前 KEY 已欠费' },
  103: { class: 'stop', message: '【无效请求】当前 KEY 被暂停使用' },
  104: { class: 'stop', message: '【无效请求】请求 KEY 异常，请联系管理员' },
  106: { class: 'stop', message: '【无效请求】非法请求过多，请联系管理员' },
  107: { class: 'stop', message: '【无效请求】被禁止的 IP 或者签名错误' },
  108: { class: 'stop', message: '【无效请求】异常请求过多，请联系管理员' },
  109: { class: 'pause', message: '【无效请求】请求超过每日系统限制' },
  111: { class: 'stop', message: '【无效请求】接口权限未开通，请联系管理员' },
  112: { class: 'stop', message: '【无效请求】您的账号剩余使用量已不足或已过期' },
  113: { class: 'stop', message: '【无效请求】当前接口已被删除，请重新申请' },
  114: { class: 'stop', message: '【无效请求】当前接口已被禁用，请联系管理员' },
  115: { class: 'stop', message: '【无效请求】身份验证错误或者已过期' },
  116: { class: 'pause', message: '【无效请求】请求超过每日调用总量限制' },
  117: { class: 'stop', message: '【无效请求】当前不支持的请求参数调用量过多' },
  118: { class: 'stop', message: '【无效请求】当前接口不支持此方式的调用' },
  119: { class: 'stop', message: '【无效请求】您的帐号出现异常，请联系管理员' },
  199: { class: 'retry', message: '【无效请求】系统未知错误，请联系技术客服' },
  203: { class: 'retry', message: '【无效请求】系统查询有异常，请联系技术人员' },
  214: { class: 'stop', message: '【无效请求】您还未购买过该接口，请先购买' },
  223: { class: 'stop', message: '【无效请求】当前接口的计费方式不支持此查询参数' },
  500: { class: 'retry', message: '【无效请求】接口相关的逻辑错误' },
};

/** 非法请求过多 and 异常请求过多: QCC counts too many illegal or abnormal requests. Each further call makes it worse. */
export const ABUSE_CODES: readonly string[] = ['106', '108'];

/** The class of a status code, `unknown` for those the document does not name. */
export function classifyStatus(code: string): StatusClass {
  return Object.hasOwn(QCC_STATUSES, code) ? QCC_STATUSES[code]!.class : 'unknown';
}

/**
 * What came back from QCC as the label of a metric: a reason, as QccFailure has it, but `unknown` for codes that neither
 * the document nor HTTP names. Each label is a series for as long as the process lives, and codes can be invented.
 */
export function outcomeLabel(reason: string): string {
  const [, protocol, code = ''] = /^(QCC|HTTP)_(.*)$/.exec(reason) ?? [];
  if (protocol === undefined) return reason;
  return Object.hasOwn(protocol === 'QCC' ? QCC_STATUSES : STATUS_CODES, code) ? reason : 'unknown';
}
