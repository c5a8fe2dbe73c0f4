import { expect, test } from 'vitest';
import { readSecrets } from './read-secrets.ts';
import { RULES_SCHEMA } from './rules-schema.ts';

const HOSTS = { hosts: ['robot.example', 'mail.example:465'], allowPlaintext: false };
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

const problemsOf = (kind: string, entry: object | undefined, rules = HOSTS) => {
  const target = kind === 'email' ? { kind, from: 'a@b.cn', to: ['a@b.cn'] } : { kind };
  const file = RULES_SCHEMA.parse({ targets: { team: target }, rules: [{ name: 'r', to: ['team'] }] });
  return readSecrets(JSON.stringify({ ...(entry && { team: entry }) }), file, rules).problems;
};

test.each<[string, string, object | undefined, RegExp | null]>([
  ['an allowed host', 'wecom', { url: 'https://robot.example/send?key=K' }, null],
  ['an allowed host and port', 'email', { url: 'smtps://u:p@mail.example:465' }, null],
  ['a signed webhook', 'webhook', { url: 'https://robot.example/hook', secret: SECRET }, null],
  ['no entry', 'wecom', undefined, /no entry for the target team/],
  ['another host', 'wecom', { url: 'https://evil.example/?key=K1234' }, /evil\.example .*ALERT_HOSTS/],
  ['another port', 'wecom', { url: 'https://robot.example:8443/?key=K1234' }, null],
  ['a host that ends like it', 'wecom', { url: 'https://robot.example.evil/' }, /ALERT_HOSTS/],
  ['a user in front of it', 'wecom', { url: 'https://robot.example@evil.example/' }, /ALERT_HOSTS|no user/],
  ['no TLS', 'wecom', { url: 'http://robot.example/' }, /must begin with https/],
  ['mail without TLS', 'email', { url: 'smtp://mail.example:465' }, /must begin with smtps/],
  ['a webhook without a secret', 'webhook', { url: 'https://robot.example/' }, /needs a secret/],
  ['a mail server in capitals', 'email', { url: 'smtps://MAIL.example:465' }, null],
  ['an option for the mail library', 'email', { url: 'smtps://mail.example:465/?host=evil.example' }, /no query/],
  ['no URL', 'wecom', { url: 'robot' }, /is not a URL/],
])('%s', (_, kind, entry, problem) => {
  const problems = problemsOf(kind, entry);
  if (problem === null) expect(problems).toEqual([]);
  else expect(problems.join('\n')).toMatch(problem);
  expect(problems.join('\n')).not.toMatch(/K1234|BwcH|\/hook/);
});

test('what is no JSON is named, and not shown', () => {
  const file = RULES_SCHEMA.parse({ targets: { team: { kind: 'wecom' } }, rules: [{ name: 'r', to: ['team'] }] });
  expect(readSecrets('https://robot.example/?key=K', file, HOSTS).problems).toEqual([
    'ALERT_SECRETS must be a JSON object that has {"url": …, "secret": …} for each target',
  ]);
});

test('plain connections are for stand-ins on loopback', () => {
  const plain = { hosts: ['127.0.0.1'], allowPlaintext: true };
  expect(problemsOf('wecom', { url: 'http://127.0.0.1:1/' }, plain)).toEqual([]);
});
