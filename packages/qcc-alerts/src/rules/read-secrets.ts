import { z } from 'zod';
import type { TargetSecret } from '../message/to-request.ts';
import type { RulesFile, Target } from './rules-schema.ts';

const SECRETS = z.record(z.string(), z.strictObject({ url: z.string().min(1), secret: z.string().min(1).optional() }));

export type HostRules = {
  /** Exact `host`, or `host:port`. */
  hosts: readonly string[];
  /** Whether http and smtp without TLS may be used, as in tests on loopback. */
  allowPlaintext: boolean;
};

const PROTOCOLS: Readonly<Record<'http' | 'smtp', { safe: string; plain: string }>> = {
  http: { safe: 'https:', plain: 'http:' },
  smtp: { safe: 'smtps:', plain: 'smtp:' },
};
const STANDARD_WEBHOOKS_SECRET = /^(whsec_)?[A-Za-z0-9+/]{32,}={0,2}$/;

/**
 * Reads URL and secret of each target from the JSON of ALERT_SECRETS.
 * @returns them by the target's name, and the problems. Problems name targets, hosts and settings, and nothing secret.
 */
export function readSecrets(
  text: string,
  { targets }: Pick<RulesFile, 'targets'>,
  rules: HostRules,
): { secrets: ReadonlyMap<string, TargetSecret>; problems: readonly string[] } {
  const secrets = new Map<string, TargetSecret>();
  const parsed = SECRETS.safeParse(parseJson(text));
  if (!parsed.success)
    return {
      secrets,
      problems: ['ALERT_SECRETS must be a JSON object that has {"url": …, "secret": …} for each target'],
    };
  const problems = Object.entries(targets).flatMap(([name, target]) => {
    const secret = Object.hasOwn(parsed.data, name) ? parsed.data[name] : undefined;
    if (!secret) return [`ALERT_SECRETS has no entry for the target ${name}`];
    secrets.set(name, secret);
    return problemsOf(name, target, secret, rules);
  });
  return { secrets, problems };
}

function problemsOf(name: string, { kind }: Target, { url, secret }: TargetSecret, rules: HostRules): string[] {
  const parsed = URL.parse(url);
  const { safe, plain } = PROTOCOLS[kind === 'email' ? 'smtp' : 'http'];
  if (!parsed) return [`the url of the target ${name} is not a URL`];
  const problems: string[] = [];
  if (parsed.protocol !== safe && !(rules.allowPlaintext && parsed.protocol === plain))
    problems.push(`the url of the target ${name} must begin with ${safe}//`);
  if (kind !== 'email' && (parsed.username !== '' || parsed.password !== ''))
    problems.push(`the url of the target ${name} must hold no user and password`);
  // nodemailer takes options from the query, such as another host or a proxy.
  if (kind === 'email' && parsed.search !== '') problems.push(`the url of the target ${name} must have no query`);
  const named = [parsed.hostname, parsed.host].map((host) => host.toLowerCase());
  if (!rules.hosts.some((host) => named.includes(host.toLowerCase())))
    problems.push(`the host ${parsed.host} of the target ${name} is not among ALERT_HOSTS`);
  if (kind === 'webhook' && !STANDARD_WEBHOOKS_SECRET.test(secret ?? ''))
    problems.push(`the target ${name} needs a secret: whsec_ and at least 24 bytes as base64`);
  return problems;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
