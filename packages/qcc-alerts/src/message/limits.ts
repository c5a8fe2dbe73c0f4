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

export type TextLimit = {
  maxBytes: number;
  /** What a line costs, with everything around it. */
  bytesOf: (line: string) => number;
};

/** JSON writes some characters as two bytes or more, such as quotation marks. */
const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;

/**
 * How long the lines of a message may be. 企业微信 limits the text to 4,096 bytes of UTF-8. 钉钉 and 飞书 limit the whole request to 20,000
 * bytes and 20 KB: the rest is left for the title and the fields around the text. The limit of mails is this project's.
 */
export const TEXT_LIMITS: Readonly<Record<Exclude<TargetKind, 'webhook'>, TextLimit>> = {
  wecom: { maxBytes: 4_096, bytesOf: (line) => Buffer.byteLength(line) + '\n'.length },
  dingtalk: { maxBytes: 19_000, bytesOf: (line) => jsonBytes(`${line}\n\n`) },
  feishu: { maxBytes: 19_000, bytesOf: (line) => jsonBytes(line) + '[{"tag":"text","text":""}],'.length },
  email: { maxBytes: 256_000, bytesOf: (line) => Buffer.byteLength(line) + '\r\n'.length },
};
