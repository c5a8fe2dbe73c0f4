import { type Checks, checkInput, flag, InputError, text } from './check-input.ts';
import { parseTime } from './shanghai.ts';

/** The time that orders are made at, and whose Shanghai day the quota counts by. It can be set. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
};

export type SettableClock = Clock & {
  /** @throws InputError */
  set(setting: unknown): ClockSetting;
};

/** `now`: Shanghai time or ISO instant. A frozen clock stands; any other goes on from there with the machine's. */
export type ClockSetting = { now?: string; frozen?: boolean };

const CLOCK_CHECKS: Checks<ClockSetting> = { now: text, frozen: flag };

/**
 * Signatures and links use the machine's clock, `wall`, instead of this one: callers sign with their own clock, and a backdated link would
 * already have expired.
 */
export function createClock(wall: Clock, initial: ClockSetting): SettableClock {
  let base = 0;
  let wallAtBase = 0;
  let frozen = false;
  const clock: SettableClock = {
    now: () => (frozen ? base : base + wall.now() - wallAtBase),
    set: (setting) => {
      const { now, frozen: stand = false } = checkInput<ClockSetting>('clock', CLOCK_CHECKS, setting);
      base = now === undefined ? wall.now() : timeOf(now);
      wallAtBase = wall.now();
      frozen = stand;
      return { now: new Date(clock.now()).toISOString(), frozen };
    },
  };
  clock.set(initial);
  return clock;
}

function timeOf(text: string): number {
  try {
    return parseTime(text);
  } catch (error) {
    throw new InputError(`clock: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}
