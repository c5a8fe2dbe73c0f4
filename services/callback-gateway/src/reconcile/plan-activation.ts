import { shanghaiDay } from 'qcc-core/base/shanghai-time';

/** What to do about a callback that seems to be paused. All values except `activate` say why it stays paused for now. */
export type ActivationPlan = 'activate' | 'blocked' | 'read-only' | 'too-soon' | 'daily-limit';

/** Failed activations count as well: what QCC punishes is the asking. All instants in milliseconds since the epoch. */
export function planActivation(input: {
  now: number;
  /** When it was activated before, in any order, by whichever instance. */
  activatedAt: readonly number[];
  /** Whether QCC refuses calls. */
  isBlocked: boolean;
  readOnly: boolean;
  dailyLimit: number;
  minIntervalMs: number;
}): ActivationPlan {
  const { now, activatedAt } = input;
  if (input.readOnly) return 'read-only';
  if (input.isBlocked) return 'blocked';
  const today = activatedAt.filter((at) => shanghaiDay(at) === shanghaiDay(now));
  if (today.length >= input.dailyLimit) return 'daily-limit';
  return activatedAt.some((at) => now - at < input.minIntervalMs) ? 'too-soon' : 'activate';
}
