import { sendMessage } from 'alerter/deliver/send-message';
import { ALERT_SETTINGS, loadRules } from 'alerter/load-rules';
import { RulesFileError } from 'qcc-alerts/rules/read-rules';
import { readSettings } from 'qcc-core/base/settings';
import { expect, test } from 'vitest';
import { openAlertScreen, rulesToShow } from './alert-screen.ts';

const KINDS = ['wecom', 'dingtalk', 'feishu', 'webhook'];
const RULES = `
targets:
${KINDS.map((kind) => `  to-${kind}: { kind: ${kind} }`).join('\n')}
  to-mail: { kind: email, from: a@example.com, to: [b@example.com] }
rules: [{ name: r, to: [${KINDS.map((kind) => `to-${kind}`).join(', ')}, to-mail] }]
`;
const ALERTS = [{ id: 'alt_1', rule: 'r', fields: { company: '甲有限公司', direction: '列入' } }];
const MESSAGE = { id: 'msg_1', isDigest: false, at: 0, alerts: ALERTS };

test('the screen takes the messages of each kind of target, and shows them', async () => {
  const said: string[] = [];
  await using screen = await openAlertScreen({ ALERT_RULES: RULES }, (line) => void said.push(line));
  const settings = readSettings({ ALERT_RULES: RULES, ...screen.env }, ALERT_SETTINGS);
  const { targets, secrets } = loadRules(settings);
  for (const [name, target] of Object.entries(targets)) {
    const input = { target, secret: secrets.get(name)!, now: Date.now };
    expect(await sendMessage(input, MESSAGE)).toEqual({ kind: 'delivered' });
  }
  await screen.shown;
  expect(said.map((line) => line.split('\n')[0])).toEqual([
    ...KINDS.map((kind) => `alert for to-${kind}:`),
    'alert for e-mail:',
  ]);
  for (const line of said) expect(line).toContain('企业：甲有限公司');
});

test.each([
  { what: 'without JSON', path: '/to-webhook', body: 'no JSON' },
  { what: 'without a target', path: '/%', body: '{}' },
])('a request $what is answered with 400, and not shown', async ({ path, body }) => {
  const said: string[] = [];
  await using screen = await openAlertScreen({ ALERT_RULES: RULES }, (line) => void said.push(line));
  const secrets = JSON.parse(screen.env.ALERT_SECRETS!) as Record<string, { url: string }>;
  const { origin } = new URL(secrets['to-webhook']!.url);
  const { status } = await fetch(`${origin}${path}`, { method: 'POST', body, signal: AbortSignal.timeout(5_000) });
  expect({ status, said }).toEqual({ status: 400, said: [] });
});

test('without a rules file it takes the sample, and a faulty one is refused with its line', () => {
  expect(rulesToShow({}).file.rules.map(({ name }) => name)).toEqual(['listed']);
  expect(() => rulesToShow({ ALERT_RULES: 'rules: []\n' })).toThrow(RulesFileError);
  expect(() => rulesToShow({ ALERT_RULES_FILE: '/missing.yaml' })).toThrow(/ENOENT/);
});
