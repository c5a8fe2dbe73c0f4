import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { messageId } from 'qcc-alerts/message/plan-message';
import { startLoopbackServer, startSilentServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { startMailServer } from '../testing/mail-server.ts';
import { startStandIn } from '../testing/stand-ins.ts';
import { sendMessage } from './send-message.ts';

const ALERTS = [{ id: 'alt_1', rule: 'rule', fields: { company: '甲有限公司', direction: '列入' } }];
const MESSAGE = { id: messageId('team', ALERTS), isDigest: false, at: Date.now(), alerts: ALERTS };
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const KINDS = ['webhook', 'wecom', 'dingtalk', 'feishu'] as const;

test.each(KINDS)('a stand-in of %s takes format and signature, and gets the id', async (kind) => {
  await using standIn = await startStandIn(kind, { secret: SECRET });
  const secret = { url: `${standIn.url}/send?access_token=T`, secret: SECRET };
  expect(await sendMessage({ target: { kind }, secret, now: Date.now }, MESSAGE)).toEqual({ kind: 'delivered' });
  expect(standIn.received).toMatchObject([{ refused: null, id: MESSAGE.id }]);
  expect(standIn.received[0]!.body).toContain('甲有限公司');
});

test.each(['webhook', 'dingtalk', 'feishu'] as const)('a stand-in of %s refuses another secret', async (kind) => {
  await using standIn = await startStandIn(kind, { secret: SECRET });
  const secret = { url: standIn.url, secret: `whsec_${Buffer.alloc(32, 4).toString('base64')}` };
  expect(await sendMessage({ target: { kind }, secret, now: Date.now }, MESSAGE)).toMatchObject({ kind: 'failed' });
  expect(standIn.received).toMatchObject([{ refused: 'signature' }]);
});

test('a stand-in with a limit says so, and the outcome too', async () => {
  await using standIn = await startStandIn('wecom');
  const send = () => sendMessage({ target: { kind: 'wecom' }, secret: { url: standIn.url }, now: Date.now }, MESSAGE);
  for (let at = 0; at < 20; at += 1) expect(await send()).toEqual({ kind: 'delivered' });
  expect(await send()).toEqual({ kind: 'limited', reason: 'HTTP 200, code 45009', pauseMs: 60_000 });
});

test('a target that is down or cuts the connection fails, and the reason holds no URL', async () => {
  await using standIn = await startStandIn('webhook', { secret: SECRET });
  standIn.setDown(true);
  const secret = { url: `${standIn.url}/hook-token`, secret: SECRET };
  const outcome = await sendMessage({ target: { kind: 'webhook' }, secret, now: Date.now }, MESSAGE);
  expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^[A-Z_]+$/) });
});

test('a target that never answers fails after ten seconds', { timeout: 60_000 }, async () => {
  await using silent = await startSilentServer();
  const secret = { url: `http://127.0.0.1:${silent.port}/`, secret: SECRET };
  const outcome = await sendMessage({ target: { kind: 'webhook' }, secret, now: Date.now }, MESSAGE);
  expect(outcome).toEqual({ kind: 'failed', reason: 'TIMEOUT' });
});

test.each(KINDS)('a redirect of %s to another host is not followed', async (kind) => {
  await using other = await startStandIn(kind, { secret: SECRET });
  await using redirecting = await startLoopbackServer((_, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  const secret = { url: redirecting.url, secret: SECRET };
  const outcome = await sendMessage({ target: { kind }, secret, now: Date.now }, MESSAGE);
  expect(outcome).toEqual({ kind: 'failed', reason: 'HTTP 307' });
  expect(other.received).toEqual([]);
});

test('a response that comes byte by byte and never ends fails after the limit', async () => {
  await using dripping = await startLoopbackServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  });
  const secret = { url: dripping.url, secret: SECRET };
  const input = { target: { kind: 'wecom' }, secret, now: Date.now, timeoutMs: 500 } as const;
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'failed', reason: 'TIMEOUT' });
});

test('a webhook that answers 200 has the message, although its body never ends', async () => {
  await using dripping = await startLoopbackServer((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  });
  const secret = { url: dripping.url, secret: SECRET };
  const input = { target: { kind: 'webhook' }, secret, now: Date.now, timeoutMs: 2_000 } as const;
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'delivered' });
});

const MAIL = { kind: 'email', from: 'qcc@example.com', to: ['a@example.com', 'b@example.com'] } as const;

test('a mail has the id of the message, so that a repeated one is recognized', async () => {
  await using server = await startMailServer();
  const input = { target: { ...MAIL, to: [...MAIL.to] }, secret: { url: server.url }, now: Date.now };
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'delivered' });
  const [mail] = server.mails;
  expect(mail!.raw).toContain(`Message-ID: <${MESSAGE.id}@qcc-alerts>`);
  expect(mail!.raw).toContain('To: a@example.com, b@example.com');
  expect(mail!.subject).toBe('企查查预警：rule');
  expect(mail!.text).toContain('企业：甲有限公司');
});

test.each([
  [552, 'refused'],
  [451, 'failed'],
])('a mail that is answered with %s is %s', async (code, kind) => {
  await using server = await startMailServer({ code });
  const input = { target: { ...MAIL, to: [...MAIL.to] }, secret: { url: server.url }, now: Date.now };
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind, reason: `SMTP ${code}` });
});

test('a mail that one of its receivers does not get is delivered, and says so', async () => {
  await using server = await startMailServer({ receiver: 'b@example.com' });
  const input = { target: { ...MAIL, to: [...MAIL.to] }, secret: { url: server.url }, now: Date.now };
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'delivered', warning: '1 of 2 receivers were refused' });
  expect(server.mails).toHaveLength(1);
});

test('a mail server may take longer to accept a mail than to greet', async () => {
  await using server = await startMailServer({ answerAfterMs: 1_500 });
  const target = { ...MAIL, to: [...MAIL.to] };
  const input = { target, secret: { url: server.url }, now: Date.now, connectTimeoutMs: 1_000 };
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'delivered' });
});

test('a mail server that does not greet fails after the limit of the connection', async () => {
  await using silent = await startSilentServer();
  const target = { ...MAIL, to: [...MAIL.to] };
  const secret = { url: `smtp://127.0.0.1:${silent.port}` };
  const input = { target, secret, now: Date.now, connectTimeoutMs: 200 };
  expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'failed', reason: 'ETIMEDOUT' });
});

test('a mail server that speaks line by line and never ends fails after the limit', async () => {
  await using server = createServer((socket) => {
    socket.on('error', () => {});
    const timer = setInterval(() => socket.write('220-still greeting\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { ...MAIL, to: [...MAIL.to] };
  const secret = { url: `smtp://127.0.0.1:${port}` };
  const outcome = await sendMessage({ target, secret, now: Date.now, timeoutMs: 500 }, MESSAGE);
  expect(outcome).toEqual({ kind: 'failed', reason: 'TIMEOUT' });
});
