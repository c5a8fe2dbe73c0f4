import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import type { Alert } from './alert.ts';
import { judgeResponse } from './judge-response.ts';
import { pauseBetween, TEXT_LIMITS } from './limits.ts';
import {
  type AlertMessage,
  DIGEST_ABOVE,
  MOST_IN_DIGEST,
  messageId,
  planMessage,
  type WaitingAlert,
} from './plan-message.ts';
import { renderLines } from './render-text.ts';
import { signDingtalk, signFeishu } from './signatures.ts';
import { toRequest } from './to-request.ts';

const NOW = 1_700_000_000_123;
const alert = (id: number, fields: Alert['fields'] = { company: `企业${id}`, type: '经营异常' }): Alert => ({
  id: `alt_${id}`,
  rule: 'rule',
  fields,
});
const waiting = (count: number, given: Partial<WaitingAlert> = {}): WaitingAlert[] =>
  Array.from({ length: count }, (_, at) => ({
    key: `k${at}`,
    alert: alert(at),
    record: null,
    dueAt: NOW,
    isHeld: false,
    ...given,
  }));
const message = (alerts: Alert[], isDigest = alerts.length > 1): AlertMessage => ({
  id: messageId('team', alerts),
  isDigest,
  at: NOW,
  alerts,
});

test.each<[string, WaitingAlert[], object]>([
  ['nothing waits', [], { kind: 'wait', until: null }],
  ['one is held', waiting(1, { dueAt: NOW + 5, isHeld: true }), { kind: 'wait', until: NOW + 5 }],
  [
    'one comes from a clock that is ahead',
    waiting(1, { dueAt: NOW + 5 }),
    { kind: 'send', isDigest: false, alerts: waiting(1, { dueAt: NOW + 5 }) },
  ],
  ['one is due', waiting(1), { kind: 'send', isDigest: false, alerts: waiting(1) }],
  ['as many as go one by one', waiting(DIGEST_ABOVE), { kind: 'send', isDigest: false, alerts: waiting(1) }],
  ['a backlog', waiting(DIGEST_ABOVE + 1), { kind: 'send', isDigest: true, alerts: waiting(DIGEST_ABOVE + 1) }],
  ['more than one digest holds', waiting(1_500), { kind: 'send', isDigest: true, alerts: waiting(MOST_IN_DIGEST) }],
  [
    'one that was held',
    waiting(1, { isHeld: true }),
    { kind: 'send', isDigest: true, alerts: waiting(1, { isHeld: true }) },
  ],
  [
    'many that are held for later, and one that is due',
    [...waiting(50, { isHeld: true, dueAt: NOW + 9 }), ...waiting(1)],
    { kind: 'send', isDigest: false, alerts: waiting(1) },
  ],
])('what is sent next where %s', (_, all, plan) => {
  expect(planMessage(all, NOW)).toEqual(plan);
});

test('the id of a message depends on its target and its alerts alone', () => {
  expect(messageId('a', [alert(1)])).toBe(messageId('a', [alert(1, {})]));
  expect(
    new Set([messageId('a', [alert(1)]), messageId('b', [alert(1)]), messageId('a', [alert(1), alert(2)])]).size,
  ).toBe(3);
});

// Known answers, computed with OpenSSL: printf '%s' TEXT | openssl dgst -sha256 -hmac KEY -binary | base64
test('the signatures of 钉钉 and 飞书 are those of their documents', () => {
  expect(signDingtalk('this is secret', 1_700_000_000_123)).toBe('W2RNhLVXZurCuMiewxzjoEaGqxhR/FQAkLiAHZh+PWY=');
  expect(signFeishu('this is secret', 1_700_000_000)).toBe('OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY=');
});

test('a webhook verifies with the library of Standard Webhooks, and not after a change', () => {
  const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
  const now = Date.now();
  const { headers, body } = toRequest('webhook', { url: 'https://x/', secret }, message([alert(1)]), now);
  const { alerts } = (new Webhook(secret).verify(body, headers) as { data: { alerts: Alert[] } }).data;
  expect(alerts).toEqual([alert(1)]);
  expect(headers['webhook-id']).toBe(messageId('team', [alert(1)]));
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
});

test('钉钉 gets time and signature in the query, next to its token', () => {
  const { url } = toRequest(
    'dingtalk',
    { url: 'https://x/send?access_token=T', secret: 'S+/=' },
    message([alert(1)]),
    NOW,
  );
  const query = new URL(url).searchParams;
  expect(Object.fromEntries(query)).toEqual({
    access_token: 'T',
    timestamp: String(NOW),
    sign: signDingtalk('S+/=', NOW),
  });
});

test('飞书 gets time and signature in the body', () => {
  const { body } = toRequest('feishu', { url: 'https://x/', secret: 'S' }, message([alert(1)]), NOW);
  expect(JSON.parse(body)).toMatchObject({
    timestamp: '1700000000',
    sign: signFeishu('S', 1_700_000_000),
    msg_type: 'post',
  });
});

test.each(['wecom', 'dingtalk', 'feishu', 'webhook'] as const)(
  'what %s gets does not depend on when it is sent',
  (kind) => {
    const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
    const content = (now: number) => {
      const { timestamp, sign, ...body } = JSON.parse(
        toRequest(kind, { url: 'https://x/', secret }, message([alert(1)]), now).body,
      );
      return kind === 'feishu' ? body : { ...body, timestamp };
    };
    expect(content(NOW)).toEqual(content(NOW + 3_600_000));
  },
);

const LARGEST_BYTES = { wecom: 4_096, dingtalk: 20_000, feishu: 20_480 };

test.each(['wecom', 'dingtalk', 'feishu'] as const)(
  'a message to %s never exceeds its limit, whatever it holds',
  (kind) => {
    const text = fc.string({
      unit: fc.constantFrom('企', '"', '\\', '\n', '𠮷', 'a', '<', '\u0000'),
      maxLength: 1_000,
    });
    const alerts = fc.array(text, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(alerts, fc.boolean(), (texts, isDigest) => {
        const all = texts.map((company, at) => alert(at, { company, content: company }));
        const { body } = toRequest(
          kind,
          { url: 'https://x/', secret: 'S' },
          message(isDigest ? all : all.slice(0, 1), isDigest),
          NOW,
        );
        const size = kind === 'wecom' ? Buffer.byteLength(JSON.parse(body).markdown.content) : Buffer.byteLength(body);
        expect(size).toBeLessThanOrEqual(LARGEST_BYTES[kind]);
      }),
      { seed: 20, numRuns: 60 },
    );
  },
);

test.each<[keyof typeof LARGEST_BYTES, string, Alert['fields']]>([
  ['dingtalk', 'quotes', { content: '"'.repeat(999) }],
  ['feishu', 'quotes', { content: '"'.repeat(999) }],
  ['dingtalk', 'short lines', { company: '甲', direction: '列入' }],
  ['feishu', 'short lines', { company: '甲', direction: '列入' }],
  ['wecom', 'characters of four bytes', { company: '𠮷'.repeat(499) }],
  ['feishu', 'characters of four bytes', { company: '🏭'.repeat(499) }],
])('a digest of 1,000 alerts fits %s if all of it is %s', (kind, _, fields) => {
  const all = Array.from({ length: 1_000 }, (_, at) => alert(at, fields));
  const { body } = toRequest(kind, { url: 'https://x/', secret: 'S' }, message(all), NOW);
  const size = kind === 'wecom' ? Buffer.byteLength(JSON.parse(body).markdown.content) : Buffer.byteLength(body);
  expect(size).toBeLessThanOrEqual(LARGEST_BYTES[kind]);
  expect(body).toMatch(/另有 \d+ 条未列出/);
});

test('a digest that does not fit counts what it leaves out', () => {
  const lines = renderLines(message(Array.from({ length: 1_000 }, (_, at) => alert(at))), TEXT_LIMITS.wecom);
  const shown = lines.filter((line) => line.includes('企业')).length;
  expect(lines[0]).toBe('rule：1000 条');
  expect(shown).toBeGreaterThan(50);
  expect(lines.at(-2)).toContain(`另有 ${1_000 - shown} 条`);
});

test('texts of QCC can neither mention people, nor link, nor break lines', () => {
  const company = '<@all> [x](https://evil.example) **b**\n# h <at user_id="all">';
  const [line] = renderLines(message([alert(1, { company })]), TEXT_LIMITS.wecom);
  expect(line).not.toMatch(/[<>[\]*#\n@]|:\/\//);
});

test.each([
  ['wecom', undefined, 20],
  ['wecom', 60, 20],
  ['dingtalk', 10, 10],
  ['feishu', undefined, 100],
  ['webhook', 6_000, 6_000],
] as const)('%s with perMinute %s gets at most %s messages in any minute', (kind, perMinute, most) => {
  const pause = pauseBetween({ kind, perMinute });
  expect(Math.floor(60_000 / pause) + 1).toBeLessThanOrEqual(most);
});

test('飞书 gets at most five in a second', () => {
  expect(Math.floor(1_000 / pauseBetween({ kind: 'feishu' })) + 1).toBeLessThanOrEqual(5);
});

test.each<[Parameters<typeof judgeResponse>[0], number, string, string | null, object]>([
  ['wecom', 200, '{"errcode":0,"errmsg":"ok"}', null, { kind: 'delivered' }],
  ['wecom', 200, '{"errcode":45009}', null, { kind: 'limited', pauseMs: 60_000 }],
  ['wecom', 200, '{"errcode":93000}', null, { kind: 'failed', reason: 'HTTP 200, code 93000' }],
  ['wecom', 200, '{"errcode":40058}', null, { kind: 'refused' }],
  ['wecom', 200, 'https://secret', null, { kind: 'failed', reason: 'HTTP 200' }],
  ['dingtalk', 200, '{"errcode":130101}', null, { kind: 'limited', pauseMs: 600_000 }],
  ['dingtalk', 200, '{"errcode":310000}', null, { kind: 'failed' }],
  ['feishu', 200, '{"code":0}', null, { kind: 'delivered' }],
  ['feishu', 200, '{"StatusCode":0}', null, { kind: 'delivered' }],
  ['feishu', 200, '{"code":11232}', null, { kind: 'limited', pauseMs: 10_000 }],
  ['feishu', 200, '{"code":19001}', null, { kind: 'failed', reason: 'HTTP 200, code 19001' }],
  ['feishu', 200, '{"code":19002}', null, { kind: 'refused' }],
  ['feishu', 200, '{"code":19021}', null, { kind: 'failed' }],
  ['webhook', 204, '', null, { kind: 'delivered' }],
  ['webhook', 302, '', null, { kind: 'failed', reason: 'HTTP 302' }],
  ['webhook', 422, '', null, { kind: 'refused' }],
  ['webhook', 500, '', null, { kind: 'failed' }],
  ['webhook', 429, '', '7', { kind: 'limited', pauseMs: 7_000 }],
  ['webhook', 429, '', new Date(1_700_000_005_000).toUTCString(), { kind: 'limited', pauseMs: 4_877 }],
  ['webhook', 429, '', 'soon', { kind: 'limited', pauseMs: 60_000 }],
])('%s answers %s %s %s', (kind, status, body, retryAfter, outcome) => {
  expect(judgeResponse(kind, { status, body, retryAfter }, NOW)).toMatchObject(outcome);
});
