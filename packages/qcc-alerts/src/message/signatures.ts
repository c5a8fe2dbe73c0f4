import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/**
 * 钉钉, 自定义机器人安全设置 → 加签: HMAC-SHA256 with the secret as key, of time and secret, as base64.
 * @param atMs Goes into the query as `timestamp`; 钉钉 refuses one that is an hour off.
 */
export const signDingtalk = (secret: string, atMs: number): string =>
  createHmac('sha256', secret).update(`${atMs}\n${secret}`).digest('base64');

/**
 * 飞书, 自定义机器人 → 签名校验: time and secret are the key, and the message is empty. Base64.
 * @param atSeconds Goes into the body as `timestamp`; 飞书 refuses one that is an hour off.
 */
export const signFeishu = (secret: string, atSeconds: number): string =>
  createHmac('sha256', `${atSeconds}\n${secret}`).digest('base64');

/** The three headers of Standard Webhooks 1.0. @param secret `whsec_` and base64, or base64 alone. */
export function signWebhook(
  secret: string,
  { id, atMs, body }: { id: string; atMs: number; body: string },
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), body),
  };
}
