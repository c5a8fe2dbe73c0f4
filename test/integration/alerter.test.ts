import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertsOf, type Received, startStandIn } from 'alerter/testing/stand-ins';
import { enrichedRecord } from 'qcc-alerts/testing/changes';
import { runCli } from 'qcc-cli/run-cli';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { expect, test, vi } from 'vitest';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { PATIENCE } from '../harness/patience.ts';
import { startService } from '../harness/start-service.ts';
import { followState, openBed, startAlerter } from './alerter-bed.ts';
import { readTopic } from './topic-reader.ts';

const CHANGES = 1_000;
const COMPANIES = 40;
/** They are in every text and field of a change that could name a person. */
const NAMES = ['王小明', '李秀英'];
const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const TARGETS = ['case-system', 'dead-for-a-while', 'risk-group', 'night-watch', 'legal-group'] as const;

const RULES = `
targets:
  case-system: { kind: webhook, perMinute: 6000 }
  dead-for-a-while: { kind: webhook }
  risk-group: { kind: wecom }
  night-watch: { kind: dingtalk }
  legal-group: { kind: feishu }
rules:
  - name: listed
    portfolio: customers
    directions: [列入]
    fields: [company, corpKeyNo, changeId, type, content, direction, orderNo]
    to: [${TARGETS.join(', ')}]
`;

/** A third are of shops that bear the name of their owner. Each second one is not asked for. */
const changeOf = (at: number, isAskedFor = true): EnrichedRecord => {
  const isShop = at % 3 === 0;
  return enrichedRecord({
    id: `${isAskedFor ? 'change' : 'other'}-${String(at).padStart(4, '0')}`,
    corpKeyNo: `corp-${at % COMPANIES}`,
    corpName: isShop ? `${NAMES[at % 2]}小吃店` : `第${at % COMPANIES}有限公司`,
    creditCode: isShop ? SHOP_CODE : null,
    type: '2',
    changeContent: isShop
      ? `${NAMES[at % 2]}${isAskedFor ? '被列入' : '被移出'}经营异常名录`
      : `${isAskedFor ? '被列入' : '被移出'}经营异常名录`,
    changeExtend: JSON.stringify({ operName: NAMES[0] }),
    extra: { operName: NAMES[1]! },
    orderNo: `DDMON${at}`,
    pushDate: Date.now(),
    position: at,
  });
};

const SHOP_CODE = '92110105MA01234567';
const CUSTOMERS = [
  { member: 'shops', creditCode: SHOP_CODE },
  ...Array.from({ length: COMPANIES }, (_, at) => ({ member: `m${at}`, name: `第${at}有限公司` })),
];

const takenOf = (received: readonly Received[]) => received.filter(({ refused }) => refused === null);

test('1,000 alerts through three kills reach every target once, but for what was in flight, in order and without a name', {
  timeout: 900_000,
}, async () => {
  const bed = await openBed();
  await bed.loadPortfolio(CUSTOMERS);
  await using folder = await makeTemporaryFolder('qcc-alerter-');
  await using healthy = await startStandIn('webhook', { secret: SECRET });
  await using down = await startStandIn('webhook', { secret: SECRET });
  await using limited = await startStandIn('wecom');
  await using dingtalk = await startStandIn('dingtalk', { secret: 'SEC-night' });
  await using feishu = await startStandIn('feishu', { secret: 'feishu-secret' });
  const standIns = [healthy, down, limited, dingtalk, feishu];
  const secrets = Object.fromEntries(
    [SECRET, SECRET, undefined, 'SEC-night', 'feishu-secret'].map((secret, at) => [
      TARGETS[at],
      { url: `${standIns[at]!.url}/hook/token-of-${at}?access_token=query-${at}`, ...(secret && { secret }) },
    ]),
  );
  const file = (name: string, text: string) => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const env = {
    ...bed.kafkaEnv,
    ALERT_RULES_FILE: file('rules.yaml', RULES),
    ALERT_SECRETS_FILE: file('secrets.json', JSON.stringify(secrets)),
    ALERT_HOSTS: '127.0.0.1',
    ALERT_ALLOW_PLAINTEXT: 'true',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'debug',
  };
  const logFile = join(folder.path, 'log');
  const start = () => startAlerter({ env, logFile });
  await using states = await followState(bed);
  await using deadLetters = await readTopic(bed.kafka, bed.prefix, TOPICS.deadLetters);
  let alerter = start();
  try {
    await states.started();
    down.setDown(true);

    // Killed with messages in flight: the stand-in has them, and its response does not get back.
    healthy.setHeld(true);
    await bed.send(Array.from({ length: 5 }, (_, at) => changeOf(at)));
    await vi.waitFor(() => expect(healthy.received.length).toBeGreaterThan(0), PATIENCE);
    await alerter.kill();
    healthy.setHeld(false);

    // Killed while it decides: a part of the changes is decided.
    const rest = Array.from({ length: CHANGES - 5 }, (_, at) => changeOf(at + 5));
    // Removals, and a listing of a company that is no customer.
    const stranger = { id: 'stranger', corpName: '别的有限公司', pushDate: Date.now() };
    const others = [...Array.from({ length: 100 }, (_, at) => changeOf(at, false)), enrichedRecord(stranger)];
    alerter = start();
    await bed.send([...rest.slice(0, 500), ...others]);
    await vi.waitFor(async () => {
      const decided = (await states.all()).filter(({ kind }) => kind === 'EVENT').length;
      expect(decided).toBeGreaterThan(5);
    }, PATIENCE);
    await alerter.kill();

    // Killed once more while a digest is in flight. The same changes come again, as after `offsets set`.
    await bed.send([...rest.slice(500), ...rest.slice(0, 50)]);
    healthy.setHeld(true);
    const before = healthy.received.length;
    alerter = start();
    await vi.waitFor(() => expect(healthy.received.length).toBeGreaterThan(before), PATIENCE);
    await alerter.kill();
    healthy.setHeld(false);

    alerter = start();
    const alertsAt = ({ received }: { received: readonly Received[] }) =>
      new Set(takenOf(received).flatMap((each) => alertsOf(each).map(({ id }) => id))).size;
    await vi.waitFor(() => expect(alertsAt(healthy)).toBe(CHANGES), PATIENCE);
    // The dead target has delayed no other one. Now it comes back.
    expect(down.received).toEqual([]);
    down.setDown(false);
    await vi.waitFor(() => expect(alertsAt(down)).toBe(CHANGES), PATIENCE);
    await vi.waitFor(async () => {
      const waiting = (await states.current()).filter(({ kind }) => kind === 'ALERT' || kind === 'MESSAGE');
      expect(waiting).toEqual([]);
    }, PATIENCE);
    await alerter.stop();
  } finally {
    await alerter.kill();
  }

  // Signatures, formats, sizes and limits were right in every request.
  for (const standIn of standIns) expect(standIn.received.filter(({ refused }) => refused !== null)).toEqual([]);
  await deadLetters.toEnd();
  expect(deadLetters.messages).toEqual([]);

  for (const { received } of [healthy, down]) {
    const byMessage = Map.groupBy(received, ({ id }) => id);
    // Repeated ones: at most those of three kills, with the same id and content.
    expect(received.length - byMessage.size).toBeLessThanOrEqual(3);
    for (const same of byMessage.values()) expect(new Set(same.map(({ body }) => body)).size).toBe(1);
    const once = [...byMessage.values()].flatMap(([first]) => alertsOf(first!));
    expect(once.map(({ fields }) => fields.changeId).sort()).toEqual(
      Array.from({ length: CHANGES }, (_, at) => `change-${String(at).padStart(4, '0')}`),
    );
    for (const ofCompany of Map.groupBy(once, ({ fields }) => fields.corpKeyNo).values()) {
      const ids = ofCompany.map(({ fields }) => fields.changeId);
      expect(ids).toEqual(ids.toSorted());
    }
  }
  expect(healthy.received.length - new Set(healthy.received.map(({ id }) => id)).size).toBeGreaterThan(0);
  // The backlog of the outage: the one in flight, and digests instead of 999 messages.
  const bodies = down.received.map(({ body }) => JSON.parse(body) as { type: string; data: { count: number } });
  expect(bodies.length).toBeLessThanOrEqual(4);
  expect(bodies.at(-1)).toMatchObject({ type: 'qcc.alert.digest' });
  for (const robot of [limited, dingtalk, feishu]) {
    const messages = [...Map.groupBy(robot.received, ({ id }) => id).values()].map(([first]) => first!.body);
    const counted = messages.map((body) => Number(/企查查预警汇总：(\d+) 条/.exec(body)?.[1] ?? 1));
    expect(counted.reduce((sum, each) => sum + each, 0)).toBe(CHANGES);
    expect(messages.length).toBeLessThan(60);
  }

  // No name in clear in a request, a log or a topic; and no URL or secret in a log or a topic.
  const log = readFileSync(logFile, 'utf8');
  const topics = states.messages.map(({ key, value }) => `${key} ${value}`).join('\n');
  const requests = standIns.flatMap(({ received }) => received.map(({ body }) => body)).join('\n');
  expect(log).toContain('it is tried again');
  for (const name of NAMES) for (const text of [log, topics, requests]) expect(text).not.toContain(name);
  for (const secret of [SECRET, 'SEC-night', 'feishu-secret', 'token-of-', 'query-'])
    for (const text of [log, topics]) expect(text).not.toContain(secret);
});

test('a faulty rules file ends the service at its start, with line and reason', async () => {
  const bed = await openBed();
  await using service = startService('alerter', {
    ...bed.kafkaEnv,
    ALERT_RULES: 'targets: { team: { kind: wecom } }\nrules:\n  - { name: a, types: [x], to: [team] }\n',
    ALERT_SECRETS: '{"team":{"url":"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=canary"}}',
    ADMIN_PORT: '0',
  });
  const { code, said } = await service.ended;
  expect(code).toBe(1);
  expect(said).toMatch(/alerter cannot start: .*line 3, column 24: rules\.0\.types\.0 must be one of /);
  expect(said).not.toContain('canary');
});

test('`qcc alerts test` shows what a rule would have sent, and `check` names line and reason', async () => {
  const bed = await openBed();
  await bed.loadPortfolio(CUSTOMERS);
  await bed.send(Array.from({ length: 6 }, (_, at) => changeOf(at)));
  await bed.send([changeOf(0), changeOf(0, false)]);
  const qcc = async (rules: string, ...args: string[]) => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await runCli(
      { env: { ...bed.kafkaEnv, ALERT_RULES: rules }, print, complain: print, ask: null },
      args,
    );
    return { code, text: lines.join('\n') };
  };
  const tested = await qcc(RULES, 'alerts', 'test', 'listed');
  expect(tested).toMatchObject({ code: 0 });
  expect(tested.text).toContain('6 alerts in 6 messages (0 of them digests)');
  expect(tested.text).toContain('change-0005');
  for (const name of NAMES) expect(tested.text).not.toContain(name);
  expect(await qcc(RULES, 'alerts', 'test', 'other')).toMatchObject({ code: 1 });
  expect(await qcc(RULES, 'alerts', 'check')).toEqual({
    code: 0,
    text: expect.stringContaining('1 rules and 5 targets. ALERT_SECRETS is not set here'),
  });
  const faulty = await qcc(RULES.replace('[列入]', '[删除]'), 'alerts', 'check');
  expect(faulty).toMatchObject({ code: 1, text: expect.stringContaining('line 11, column 18: rules.0.directions.0 ') });
});
