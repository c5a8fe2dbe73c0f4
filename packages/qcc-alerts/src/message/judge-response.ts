import type { TargetKind } from '../rules/rules-schema.ts';

export type DeliveryOutcome =
  | {
      kind: 'delivered';
      /** A part of the receivers did not get it. It is not sent again, because the others would get it twice. */
      warning?: string;
    }
  /** The target's limit. Nothing is to be sent to it for this time. */
  | { kind: 'limited'; reason: string; pauseMs: number }
  /** This message will never be taken. */
  | { kind: 'refused'; reason: string }
  /** The target or the way to it is at fault. It is tried again. */
  | { kind: 'failed'; reason: string };

type RobotCodes = { limited: readonly number[]; refused: readonly number[]; pauseMs: number };

/** Codes of the vendors' documents. 钉钉 takes nothing for ten minutes after the limit. All other codes mean that the robot is at fault. */
const ROBOT_CODES: Readonly<Record<'wecom' | 'dingtalk' | 'feishu', RobotCodes>> = {
  wecom: { limited: [45_009, 45_033], refused: [40_008, 40_058, 44_004, 45_002, 45_008], pauseMs: 60_000 },
  dingtalk: {
    limited: [130_101, 410_100],
    refused: [40_035, 400_105, 430_101, 430_102, 430_103, 430_104],
    pauseMs: 600_000,
  },
  feishu: { limited: [11_232, 99_991_400], refused: [9_499, 19_002], pauseMs: 10_000 },
};
const REFUSED_STATUS: readonly number[] = [400, 413, 415, 422];
const DEFAULT_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * What a response means. Robots answer 200 with a code in the body. Reasons hold only numbers: a body may repeat the URL.
 * @param response.retryAfter The header, as seconds or a date.
 */
export function judgeResponse(
  kind: Exclude<TargetKind, 'email'>,
  response: { status: number; body: string; retryAfter: string | null },
  now: number,
): DeliveryOutcome {
  const { status } = response;
  const reason = `HTTP ${status}`;
  if (status === 429) return { kind: 'limited', reason, pauseMs: pauseOf(response.retryAfter, now) };
  if (kind === 'webhook') {
    if (status >= 200 && status < 300) return { kind: 'delivered' };
    return { kind: REFUSED_STATUS.includes(status) ? 'refused' : 'failed', reason };
  }
  const code = robotCode(response.body);
  if (code === 0 && status === 200) return { kind: 'delivered' };
  if (code === null) return { kind: 'failed', reason };
  const { limited, refused, pauseMs } = ROBOT_CODES[kind];
  const coded = `${reason}, code ${code}`;
  if (limited.includes(code)) return { kind: 'limited', reason: coded, pauseMs };
  return { kind: refused.includes(code) ? 'refused' : 'failed', reason: coded };
}

function robotCode(body: string): number | null {
  try {
    const { errcode, code, StatusCode } = JSON.parse(body) as Record<string, unknown>;
    const found = errcode ?? code ?? StatusCode;
    return typeof found === 'number' && Number.isInteger(found) ? found : null;
  } catch {
    return null;
  }
}

function pauseOf(retryAfter: string | null, now: number): number {
  if (retryAfter === null) return DEFAULT_PAUSE_MS;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS) : DEFAULT_PAUSE_MS;
}
