import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMailServer } from 'alerter/testing/mail-server';
import { alertsOf, startStandIn } from 'alerter/testing/stand-ins';
import { enrichedRecord } from 'qcc-alerts/testing/changes';
import { formatShanghaiDateTime, OFFSET_MS } from 'qcc-core/base/shanghai-time';
import { expect, test, vi } from 'vitest';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { PATIENCE } from '../harness/patience.ts';
import { followState, openBed, startAlerter } from './alerter-bed.ts';

const HOUR_MS = 3_600_000;
const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const FIELDS = '[company, corpKeyNo, changeId, direction]';
const TARGETS = `
targets:
  case-system: { kind: webhook, perMinute: 6000 }
  credit-mail: { kind: email, from: qcc@example.com, to: [credit@example.com], perMinute: 6000 }
rules:`;

/** 23:00 in Shanghai the day before yesterday. All hours until the morning after are in the past: brokers refuse times of the future. */
const evening = (): number => {
  const today = Math.floor((Date.now() + OFFSET_MS) / (24 * HOUR_MS)) * 24 * HOUR_MS - OFFSET_MS;
  return today - 25 * HOUR_MS;
};

async function openNight(rules: string) {
  await using opening = new AsyncDisposableStack();
  const bed = await openBed();
  const folder = opening.use(await makeTemporaryFolder('qcc-alerter-'));
  let clockOffsetMs = 0;
  const webhook = opening.use(await startStandIn('webhook', { secret: SECRET, now: () => Date.now() + clockOffsetMs }));
  const mailServer = opening.use(await startMailServer());
  const state = opening.use(await followState(bed));
  const secrets = { 'case-system': { url: webhook.url, secret: SECRET }, 'credit-mail': { url: mailServer.url } };
  const rulesFile = join(folder.path, 'rules.yaml');
  writeFileSync(rulesFile, `${TARGETS}${rules}`);
  const env = {
    ...bed.kafkaEnv,
    ALERT_RULES_FILE: rulesFile,
    ALERT_SECRETS: JSON.stringify(secrets),
    ALERT_HOSTS: '127.0.0.1',
    ALERT_ALLOW_PLAINTEXT: 'true',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    ADMIN_PORT: '0',
  };
  const night = evening();
  const resources = opening.move();
  return {
    ...{ bed, webhook, mailServer, state, night },
    /** Starts it at this time of its clock, which the webhook shares. */
    startAt(at: number) {
      clockOffsetMs = at - Date.now();
      return startAlerter({ env, logFile: join(folder.path, 'log'), clockOffsetMs });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const listed = (corpKeyNo: string, id: string, given: Parameters<typeof enrichedRecord>[0] = {}) =>
  enrichedRecord({
    ...{ corpKeyNo, id, corpName: `${corpKeyNo}有限公司`, type: '2', changeContent: '被列入经营异常名录' },
    ...{ orderNo: `DDMON-${id}`, pushDate: Date.now(), ...given },
  });

const heldIds = async (state: Awaited<ReturnType<typeof followState>>): Promise<string[]> =>
  (await state.current()).flatMap(({ kind, changeId, target }) =>
    kind === 'ALERT' && target === 'case-system' ? [changeId!] : [],
  );

test('alerts of quiet hours in Shanghai are held, through a restart, and come as one digest at their end, also by mail', {
  timeout: 900_000,
}, async () => {
  await using bench = await openNight(`
  - { name: quiet, types: ["2"], quiet: { from: "22:00", to: "08:00" }, fields: ${FIELDS}, to: [case-system, credit-mail] }
  - { name: always, types: ["10"], fields: ${FIELDS}, to: [case-system, credit-mail] }
`);
  const { bed, webhook, mailServer, state, night } = bench;
  await using evening = bench.startAt(night);
  await state.started();
  await bed.send([1, 2, 3].map((at) => listed(`corp-${at}`, `held-${at}`)));
  await vi.waitFor(async () => expect((await heldIds(state)).sort()).toEqual(['held-1', 'held-2', 'held-3']), PATIENCE);
  // The targets take messages, so the others are held by their hours alone.
  await bed.send([listed('corp-4', 'at-once', { type: '10' })]);
  await vi.waitFor(() => expect([webhook.received.length, mailServer.mails.length]).toEqual([1, 1]), PATIENCE);
  expect(alertsOf(webhook.received[0]!)).toMatchObject([{ rule: 'always', fields: { changeId: 'at-once' } }]);
  const due = (await state.current()).flatMap(({ kind, isHeld, dueAt }) =>
    kind === 'ALERT' && isHeld ? [dueAt!] : [],
  );
  expect(due).toHaveLength(6);
  for (const at of due) expect(formatShanghaiDateTime(at)).toMatch(/ 08:00:00$/);
  await evening.stop();

  await using _ = bench.startAt(due[0]! + 1_000);
  await vi.waitFor(() => expect([webhook.received.length, mailServer.mails.length]).toEqual([2, 2]), PATIENCE);
  const digest = webhook.received[1]!;
  expect(digest.refused).toBeNull();
  expect(JSON.parse(digest.body)).toMatchObject({ type: 'qcc.alert.digest', data: { count: 3 } });
  expect(
    alertsOf(digest)
      .map(({ fields }) => fields.changeId)
      .sort(),
  ).toEqual(['held-1', 'held-2', 'held-3']);
  const [single, summary] = mailServer.mails;
  expect(single!.subject).toBe('企查查预警：always');
  expect(summary!.subject).toBe('企查查预警汇总：3 条');
  expect(summary!.raw).toMatch(/^Message-ID: <msg_\w+@qcc-alerts>/m);
  for (const at of [1, 2, 3]) expect(summary!.text).toContain(`corp-${at}有限公司`);
  await vi.waitFor(async () => expect(await heldIds(state)).toEqual([]), PATIENCE);
});

test('what belongs to an erased record leaves the state, and no alert is sent for it', {
  timeout: 900_000,
  tags: 'whole',
}, async () => {
  await using bench = await openNight(`
  - { name: night, portfolio: customers, quiet: { from: "22:00", to: "08:00" }, fields: ${FIELDS}, to: [case-system, credit-mail] }
`);
  const { bed, webhook, mailServer, state, night } = bench;
  const companies = ['erased', 'named', 'other', 'customer', 'late'];
  await bed.loadPortfolio(companies.slice(0, 4).map((member) => ({ member, name: `${member}有限公司` })));
  await using before = bench.startAt(night);
  await state.started();
  // With one key they are in one partition, and decided in this order.
  const send = (...changes: ReturnType<typeof listed>[]) => bed.send(changes, 'one-partition');
  await send(
    listed('erased', 'erased-1'),
    listed('erased', 'erased-2'),
    listed('named', 'named-1'),
    listed('named', 'named-2'),
    listed('other', 'other-1'),
  );
  const all = ['erased-1', 'erased-2', 'named-1', 'named-2', 'other-1'];
  await vi.waitFor(async () => expect((await heldIds(state)).sort()).toEqual(all), PATIENCE);

  await bed.erase([
    { corpKeyNo: 'erased', id: null, extent: 'RECORD' },
    { corpKeyNo: 'named', id: 'named-1', extent: 'NAME' },
  ]);
  await vi.waitFor(async () => expect((await heldIds(state)).sort()).toEqual(['named-2', 'other-1']), PATIENCE);
  const left = (await state.current()).map(({ corpKeyNo, changeId }) => `${corpKeyNo} ${changeId}`);
  expect(left).not.toContain('named named-1');
  expect(left.filter((each) => each.startsWith('erased '))).toEqual([]);
  expect(left).toContain('named named-2');

  // A customer that was erased is found no more. The alerter reads this before the customer that is loaded later.
  await bed.eraseCustomer('customer');
  await bed.loadPortfolio([{ member: 'late', name: 'late有限公司' }]);
  let pushes = 0;
  await vi.waitFor(async () => {
    pushes += 1;
    await send(listed('late', `late-${pushes}`));
    expect((await heldIds(state)).some((id) => id.startsWith('late-'))).toBe(true);
  }, PATIENCE);

  // New changes and newer versions of erased records make no alert either.
  await send(
    listed('erased', 'erased-3'),
    listed('named', 'named-1', { revision: 1, orderNo: 'DDMON-replayed' }),
    listed('customer', 'customer-1'),
    listed('other', 'other-2'),
  );
  await vi.waitFor(async () => expect(await heldIds(state)).toContain('other-2'), PATIENCE);
  const held = await heldIds(state);
  expect(held.filter((id) => !id.startsWith('late-')).sort()).toEqual(['named-2', 'other-1', 'other-2']);
  expect([webhook.received, mailServer.mails]).toEqual([[], []]);
  await before.stop();

  // Erased while nothing runs: the next start reads it before it sends.
  await bed.erase([{ corpKeyNo: 'other', id: 'other-1', extent: 'NAME' }]);
  await using _ = bench.startAt(night + 10 * HOUR_MS);
  const expected = held.filter((id) => id !== 'other-1').sort();
  await vi.waitFor(() => expect([webhook.received.length, mailServer.mails.length]).toEqual([1, 1]), PATIENCE);
  expect(webhook.received[0]!.refused).toBeNull();
  const sent = alertsOf(webhook.received[0]!).map(({ fields }) => fields.changeId!);
  expect(sent.sort()).toEqual(expected);
  expect(mailServer.mails[0]!.subject).toBe(`企查查预警汇总：${expected.length} 条`);
  for (const id of ['erased-', 'named-1', 'other-1', 'customer-1']) expect(mailServer.mails[0]!.text).not.toContain(id);
});
