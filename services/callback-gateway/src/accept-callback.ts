import { hash, timingSafeEqual } from 'node:crypto';
import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { isOrderNo } from 'qcc-core/contract/domain';
import { linkExpiresAt } from 'qcc-core/qcc/endpoints/get-download-url';
import type { ReceivedOrder } from './to-order-message.ts';

/** What may be odd about a callback without costing the order: names for logs and metrics, never values. */
export const ODDITIES = [
  'encoding_malformed',
  'parameter_unknown',
  'download_url_missing',
  'download_url_repeated',
  'download_url_unusable',
  'download_url_without_expires',
  'expired_time_missing',
  'expired_time_repeated',
  'expired_time_unreadable',
  'expiry_disagrees',
  'download_url_already_expired',
  'unzip_password_missing',
  'unzip_password_repeated',
  'unzip_password_unusable',
] as const;
export type Oddity = (typeof ODDITIES)[number];

/** Why a callback is refused, with the HTTP status and the message QCC gets. */
const REFUSALS = {
  key_missing: { httpStatus: 400, msg: '缺少参数key' },
  key_repeated: { httpStatus: 400, msg: '参数key重复' },
  key_wrong: { httpStatus: 403, msg: 'key不正确' },
  order_no_missing: { httpStatus: 400, msg: '缺少参数orderNo' },
  order_no_repeated: { httpStatus: 400, msg: '参数orderNo重复' },
  order_no_invalid: { httpStatus: 400, msg: '参数orderNo无效' },
} as const;
export type RefusalReason = keyof typeof REFUSALS;

export type CallbackOutcome =
  | { kind: 'order'; order: ReceivedOrder; oddities: Oddity[] }
  | { kind: 'refused'; reason: RefusalReason; httpStatus: 400 | 403; msg: string };

const KNOWN_PARAMETERS: readonly string[] = [
  'key',
  'orderNo',
  'downloadUrl',
  'downloadUrlExpiredTime',
  'unzipPassword',
];
/** A signed link has some 200 characters; what is far longer would only burst the message. */
const MAX_DOWNLOAD_URL_LENGTH = 4_096;
const MAX_UNZIP_PASSWORD_LENGTH = 256;
const CONTROL = /\p{Cc}/u;
const BLANK_OR_CONTROL = /[\s\p{Cc}]/u;

/**
 * Reads a callback (document 6.2.2) from its raw query, without the leading `?`; every value is decoded exactly once.
 *
 * The right key and one usable order number are enough. Any other parameter that is missing, repeated or unreadable becomes null and an
 * oddity, so a change in QCC's other parameters cannot stop the feed. The key is compared first and in constant time, so a client without
 * it learns nothing about the other parameters. Never throws.
 */
export function acceptCallback(input: { query: string; key: string; account: string; now: number }): CallbackOutcome {
  const parameters = new URLSearchParams(input.query);

  const key = single(parameters, 'key');
  if (key.kind !== 'value') return refused(key.kind === 'missing' ? 'key_missing' : 'key_repeated');
  if (!isSameSecret(key.value, input.key)) return refused('key_wrong');

  const orderNo = single(parameters, 'orderNo');
  if (orderNo.kind !== 'value') return refused(orderNo.kind === 'missing' ? 'order_no_missing' : 'order_no_repeated');
  if (!isOrderNo(orderNo.value)) return refused('order_no_invalid');

  const oddities = new Set<Oddity>();
  if (!isWellEncoded(input.query)) oddities.add('encoding_malformed');
  if (parameters.keys().some((name) => !KNOWN_PARAMETERS.includes(name))) oddities.add('parameter_unknown');

  /** A parameter that an order can do without. */
  const optional = (name: string, oddity: 'download_url' | 'expired_time' | 'unzip_password'): string | null => {
    const parameter = single(parameters, name);
    if (parameter.kind === 'value') return parameter.value;
    oddities.add(`${oddity}_${parameter.kind}`);
    return null;
  };
  const downloadUrl = readDownloadUrl(optional('downloadUrl', 'download_url'), oddities);
  const signedExpiry = downloadUrl === null ? null : linkExpiresAt(downloadUrl, null);
  const statedExpiry = readExpiredTime(optional('downloadUrlExpiredTime', 'expired_time'), oddities);
  if (downloadUrl !== null && signedExpiry === null) oddities.add('download_url_without_expires');
  if (signedExpiry !== null && statedExpiry !== null && signedExpiry !== statedExpiry) oddities.add('expiry_disagrees');
  const expiry = earlier(signedExpiry, statedExpiry);
  if (expiry !== null && expiry <= input.now) oddities.add('download_url_already_expired');

  return {
    kind: 'order',
    order: {
      account: input.account,
      orderNo: orderNo.value,
      source: 'callback',
      receivedAt: input.now,
      createDate: null,
      downloadUrl,
      unzipPassword: readUnzipPassword(optional('unzipPassword', 'unzip_password'), oddities),
      downloadUrlExpiredTime: expiry,
    },
    oddities: [...oddities],
  };
}

type Single = { kind: 'missing' } | { kind: 'repeated' } | { kind: 'value'; value: string };

/** An empty parameter counts as missing. A repeated one has no value, even where all are equal: proxies disagree which counts. */
function single(parameters: URLSearchParams, name: string): Single {
  const [value, ...more] = parameters.getAll(name);
  if (more.length > 0) return { kind: 'repeated' };
  return value ? { kind: 'value', value } : { kind: 'missing' };
}

const refused = (reason: RefusalReason): CallbackOutcome => ({ kind: 'refused', reason, ...REFUSALS[reason] });

/** Hashed first, so that neither the time nor an exception tells the length. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given), digest(expected));
}

function isWellEncoded(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

function readDownloadUrl(text: string | null, oddities: Set<Oddity>): string | null {
  if (text === null || (text.length <= MAX_DOWNLOAD_URL_LENGTH && isWebUrl(text))) return text;
  oddities.add('download_url_unusable');
  return null;
}

/** A blank or control character is refused: the URL parser would repair it, and the link would not be the one that was signed. */
function isWebUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return (protocol === 'http:' || protocol === 'https:') && !BLANK_OR_CONTROL.test(text);
}

function readExpiredTime(text: string | null, oddities: Set<Oddity>): number | null {
  if (text === null) return null;
  const time = parseShanghaiDateTime(text.trim());
  if (time === null) oddities.add('expired_time_unreadable');
  return time;
}

function readUnzipPassword(text: string | null, oddities: Set<Oddity>): string | null {
  if (text === null || (text.length <= MAX_UNZIP_PASSWORD_LENGTH && !CONTROL.test(text))) return text;
  oddities.add('unzip_password_unusable');
  return null;
}

const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);
