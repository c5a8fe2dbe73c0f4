import { describeError } from 'qcc-core/base/errors';
import { createSealer } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import { createCallBreaker } from 'qcc-core/qcc/call-breaker';
import type { DownloadLink } from 'qcc-core/qcc/endpoints/get-download-url';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { QUOTA_GRACE_MS, STOP_PAUSE_MS } from 'qcc-core/qcc/tripped-until';
import { describe, expect, test } from 'vitest';
import { WaitError } from '../errors.ts';
import { createAskLink } from './ask-link.ts';
import type { Listing } from './order-listing.ts';

/** 16:00 in Shanghai. */
const NOW = Date.UTC(2026, 2, 16, 8);
const QUOTA_OPENS_AT = 17 * 60;
const OPENS_IN_MS = 3_600_000;
const context = { account: 'main', orderNo: 'DDMON1' };
const KEY = Buffer.alloc(32, 7).toString('base64');
const sealer = createSealer(KEY);
const signal = new AbortController().signal;

const fromCallback = async (changes: Partial<Order> = {}): Promise<Order> => ({
  ...context,
  source: 'callback',
  receivedAt: NOW,
  createDate: null,
  sealedDownloadUrl: await sealer.seal('http://files/callback.zip', { ...context, field: 'downloadUrl' }),
  sealedUnzipPassword: await sealer.seal('from-callback', { ...context, field: 'unzipPassword' }),
  downloadUrlExpiredTime: NOW + 60_000,
  ...changes,
});
const WITHOUT_LINK = { sealedDownloadUrl: null, sealedUnzipPassword: null };
const fromList = (): Promise<Order> => fromCallback({ ...WITHOUT_LINK, source: 'reconcile' });

const failure = (kind: QccFailure['kind'], reason: string): QccFailure => ({
  kind,
  code: null,
  reason,
  message: 'refused',
});
const link: DownloadLink = {
  orderNo: 'DDMON1',
  downloadUrl: 'http://files/signed.zip',
  unzipPassword: 'signed',
};

function ask(outcomes: QccOutcome<DownloadLink>[], { opener = sealer, listing = 'unknown' as Listing } = {}) {
  let calls = 0;
  let time = NOW;
  const now = () => time;
  const breaker = createCallBreaker({ quotaOpensAt: QUOTA_OPENS_AT, now });
  const askLink = createAskLink({
    client: { getDownloadUrl: async () => outcomes[Math.min(calls++, outcomes.length - 1)]! },
    sealer: opener,
    breaker,
    askListing: async ({ source }) => (source === 'callback' ? listing : 'listed'),
    sleep: async () => {},
  });
  return { askLink, askAgain: breaker.reset, pass: (ms: number) => (time += ms), calls: () => calls };
}

describe("QCC's signed link", () => {
  test('is used where QCC gives it, whatever the callback brought', async () => {
    const { askLink } = ask([{ kind: 'success', value: link, fetchedAt: NOW }]);
    expect(await askLink(await fromCallback(), { trustCallback: true, signal })).toMatchObject({
      kind: 'link',
      link: { url: 'http://files/signed.zip', password: 'signed', unconfirmed: false },
    });
  });

  test('is asked for again while the file is not ready (205)', async () => {
    const { askLink, calls } = ask([
      failure('later', 'QCC_205'),
      failure('later', 'QCC_205'),
      { kind: 'success', value: link, fetchedAt: NOW },
    ]);
    expect((await askLink(await fromCallback(), { trustCallback: true, signal })).kind).toBe('link');
    expect(calls()).toBe(3);
  });
});

describe("the callback's link", () => {
  test.each<[string, QccOutcome<DownloadLink>, boolean]>([
    ['is used if QCC is down', failure('retry', 'UNREACHABLE'), true],
    ['is used if QCC answers 5xx', failure('retry', 'HTTP_502'), true],
    ['is used if the quota is used up', failure('pause', 'QCC_116'), true],
    ['is used if the account is refused', failure('stop', 'QCC_107'), true],
    ['is not used if QCC has no such order (201)', { kind: 'empty', fetchedAt: NOW }, false],
    ['is not used if QCC refuses the order number (202)', failure('never', 'QCC_202'), false],
    ['is not used while QCC is not ready (205)', failure('later', 'QCC_205'), false],
    ['is not used if QCC sends an unknown response', failure('unknown', 'HTTP_400'), false],
    ['is not used if QCC names another order', failure('unknown', 'UNEXPECTED_SHAPE'), false],
  ])('%s', async (_name, outcome, serves) => {
    const response = await ask([outcome]).askLink(await fromCallback(), { trustCallback: true, signal });
    expect(response).toMatchObject(
      serves ? { kind: 'link', link: { password: 'from-callback', unconfirmed: true } } : { kind: 'refused' },
    );
  });

  test.each([failure('stop', 'QCC_106'), failure('pause', 'QCC_116'), failure('retry', 'HTTP_502')])(
    'does not serve for an order that QCC does not list, whatever $reason says, and the order waits for nothing',
    async (outcome) => {
      const { askLink } = ask([outcome], { listing: 'unlisted' });
      expect(await askLink(await fromCallback(), { trustCallback: true, signal })).toMatchObject({
        kind: 'refused',
        reason: 'LINK_UNAVAILABLE',
        mayPass: false,
      });
    },
  );

  test.each([failure('stop', 'QCC_106'), failure('pause', 'QCC_116')])(
    'does not delay other orders if it does not work, after $reason and while QCC refuses its list',
    async (outcome) => {
      const refused = { kind: 'refused', reason: 'LINK_UNAVAILABLE', mayPass: false };
      const { askLink } = ask([outcome], { listing: 'unknown' });
      expect(await askLink(await fromCallback(), { trustCallback: false, signal })).toMatchObject(refused);
      expect(await askLink(await fromCallback(WITHOUT_LINK), { trustCallback: true, signal })).toMatchObject(refused);
      const listed = ask([outcome], { listing: 'listed' });
      await expect(listed.askLink(await fromCallback(), { trustCallback: false, signal })).rejects.toThrow(WaitError);
    },
  );

  test('serves after the key that sealed it was rotated, as long as that one is held', async () => {
    const rotated = createSealer(`new:${Buffer.alloc(32, 8).toString('base64')},1:${KEY}`);
    const { askLink } = ask([failure('pause', 'QCC_116')], { opener: rotated });
    expect(await askLink(await fromCallback(), { trustCallback: true, signal })).toMatchObject({
      kind: 'link',
      link: { password: 'from-callback' },
    });
  });

  test('waits, and says for which key, where the key that sealed it is not held', async () => {
    const { askLink } = ask([failure('pause', 'QCC_116')], {
      opener: createSealer(`new:${Buffer.alloc(32, 8).toString('base64')}`),
    });
    const error = await askLink(await fromCallback(), { trustCallback: true, signal }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WaitError);
    expect(describeError(error)).toMatch(/order DDMON1 is sealed with key "1", which SEALING_KEY does not hold/);
  });

  test.each([
    ['long ago', NOW - 86_400_000],
    ['now', NOW],
    ['hours after its own Expires, as the document has it', NOW + 12_542_000],
    ['at no time that can be read', null],
  ])('serves although it is said to expire %s: the file host decides', async (_, downloadUrlExpiredTime) => {
    const order = await fromCallback({ downloadUrlExpiredTime });
    const { askLink } = ask([failure('pause', 'QCC_116')]);
    expect(await askLink(order, { trustCallback: true, signal })).toMatchObject({
      kind: 'link',
      link: { url: 'http://files/callback.zip', unconfirmed: true },
    });
  });

  test('does not serve again where it has been tried and was no good', async () => {
    const { askLink } = ask([failure('retry', 'UNREACHABLE')]);
    await expect(askLink(await fromCallback(), { trustCallback: false, signal })).rejects.toThrow(WaitError);
  });
});

describe('without any link', () => {
  test.each<[string, QccOutcome<DownloadLink>, string, boolean?]>([
    ['an unknown order is refused', { kind: 'empty', fetchedAt: NOW }, 'ORDER_UNKNOWN'],
    [
      'an order that QCC fails on is refused, though it may pass',
      failure('retry', 'QCC_500'),
      'LINK_UNAVAILABLE',
      true,
    ],
    ['a response that nobody knows holds up no other', failure('unknown', 'HTTP_404'), 'LINK_UNAVAILABLE'],
    ['an order that stays unready holds up no other', failure('later', 'QCC_205'), 'LINK_UNAVAILABLE'],
  ])('%s', async (_name, outcome, reason, mayPass = false) => {
    const response = await ask([outcome]).askLink(await fromList(), { trustCallback: true, signal });
    expect(response).toMatchObject({ kind: 'refused', reason, mayPass });
  });

  test.each<[string, QccFailure]>([
    ['QCC cannot be reached', failure('retry', 'UNREACHABLE')],
    ['the account is refused', failure('stop', 'QCC_101')],
    ['the quota is used up', failure('pause', 'QCC_109')],
  ])('every order waits where %s', async (_name, outcome) => {
    const { askLink } = ask([outcome]);
    await expect(askLink(await fromList(), { trustCallback: true, signal })).rejects.toThrow(WaitError);
  });

  test.each([failure('stop', 'QCC_106'), failure('pause', 'QCC_116')])(
    'no second call is made after $reason',
    async (outcome) => {
      const { askLink, calls } = ask([outcome]);
      for (let round = 0; round < 3; round += 1) {
        await expect(askLink(await fromList(), { trustCallback: true, signal })).rejects.toThrow(WaitError);
      }
      expect(calls()).toBe(1);
    },
  );

  test.each([
    ['a daily limit, until just after the quota opens', failure('pause', 'QCC_116'), OPENS_IN_MS + QUOTA_GRACE_MS],
    ['a refusal, for five minutes', failure('stop', 'QCC_102'), STOP_PAUSE_MS],
  ])('QCC is left alone after %s', async (_name, outcome, closedMs) => {
    const { askLink, pass, calls } = ask([outcome]);
    const again = async () => await askLink(await fromList(), { trustCallback: true, signal }).catch(() => {});
    await again();
    pass(closedMs - 1);
    await again();
    expect(calls()).toBe(1);
    pass(1);
    await again();
    expect(calls()).toBe(2);
  });

  test('QCC is asked at once where a person says that the account is open', async () => {
    const { askLink, askAgain, calls } = ask([
      failure('pause', 'QCC_116'),
      { kind: 'success', value: link, fetchedAt: NOW },
    ]);
    await expect(askLink(await fromList(), { trustCallback: true, signal })).rejects.toThrow(WaitError);
    askAgain();
    expect(await askLink(await fromList(), { trustCallback: true, signal })).toMatchObject({ kind: 'link' });
    expect(calls()).toBe(2);
  });
});
