import type { TargetKind } from '../rules/rules-schema.ts';
import { TEXT_LIMITS } from './limits.ts';
import type { AlertMessage } from './plan-message.ts';
import { renderLines, titleOf } from './render-text.ts';
import { signDingtalk, signFeishu, signWebhook } from './signatures.ts';

/** URL and secret of a target. Neither may be logged. */
export type TargetSecret = { url: string; secret?: string | undefined };

export type AlertRequest = { url: string; headers: Record<string, string>; body: string };

/**
 * The HTTP request of a message, in the format that the vendor documents.
 * @param now Goes into signatures; ms since the epoch. The content does not depend on it, so a message that is sent again has the
 *   same content.
 */
export function toRequest(
  kind: Exclude<TargetKind, 'email'>,
  { url, secret }: TargetSecret,
  message: AlertMessage,
  now: number,
): AlertRequest {
  const json = (body: object, headers = {}, to = url): AlertRequest => ({
    url: to,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  });
  switch (kind) {
    case 'wecom': {
      const title = `**${titleOf(message)}**`;
      const lines = renderLines(message, {
        ...TEXT_LIMITS.wecom,
        maxBytes: TEXT_LIMITS.wecom.maxBytes - TEXT_LIMITS.wecom.bytesOf(title),
      });
      return json({ msgtype: 'markdown', markdown: { content: [title, ...lines].join('\n') } });
    }
    case 'dingtalk': {
      const title = titleOf(message);
      const lines = renderLines(message, TEXT_LIMITS.dingtalk);
      const body = { msgtype: 'markdown', markdown: { title, text: [`**${title}**`, ...lines].join('\n\n') } };
      if (secret === undefined) return json(body);
      const signed = new URL(url);
      signed.searchParams.set('timestamp', String(now));
      signed.searchParams.set('sign', signDingtalk(secret, now));
      return json(body, {}, signed.href);
    }
    case 'feishu': {
      const lines = renderLines(message, TEXT_LIMITS.feishu);
      const content = lines.map((text) => [{ tag: 'text', text }]);
      const at = Math.floor(now / 1_000);
      return json({
        ...(secret !== undefined && { timestamp: String(at), sign: signFeishu(secret, at) }),
        msg_type: 'post',
        content: { post: { zh_cn: { title: titleOf(message), content } } },
      });
    }
    case 'webhook': {
      const request = json(webhookBody(message));
      const { id } = message;
      const headers = secret === undefined ? {} : signWebhook(secret, { id, atMs: now, body: request.body });
      return { ...request, headers: { ...request.headers, ...headers } };
    }
  }
}

/** `type`, `timestamp` and `data`, as Standard Webhooks recommends. */
const webhookBody = ({ id, isDigest, at, alerts }: AlertMessage): object => ({
  type: isDigest ? 'qcc.alert.digest' : 'qcc.alert',
  timestamp: new Date(at).toISOString(),
  data: { messageId: id, count: alerts.length, alerts },
});
