import type { Target, TargetKind } from '../rules/rules-schema.ts';

/**
 * Messages a minute that each vendor documents (企业微信 and 钉钉: 20 for one robot; 飞书: 100, and 5 a second). The last two are this
 * project's.
 */
const PER_MINUTE: Readonly<Record<TargetKind, number>> = {
  wecom: 20,
  dingtalk: 20,
  feishu: 100,
  email: 60,
  webhook: 600,
};

/** Allowance for delays on the way that differ. */
const JITTER_MS = 50;

/**
 * Pause between two messages to a target, ms. With equal pauses no minute has more than the limit, also after a restart, and no
 * second has more than five to 飞书.
 */
export function pauseBetween({ kind, perMinute }: Pick<Target, 'kind' | 'perMinute'>): number {
  const most = kind === 'webhook' || kind === 'email' ? Number.POSITIVE_INFINITY : PER_MINUTE[kind];
  return Math.ceil(60_000 / Math.min(perMinute ?? PER_MINUTE[kind], most)) + JITTER_MS;
}

/** Bytes of UTF-8 of the text. 企业微信: 4,096. 钉钉 and 飞书 limit the whole request to 20,000 and 20 KB: JSON escapes cost some. */
export const TEXT_MAX_BYTES: Readonly<Record<Exclude<TargetKind, 'webhook'>, number>> = {
  wecom: 4_096,
  dingtalk: 16_000,
  feishu: 12_000,
  email: 256_000,
};
