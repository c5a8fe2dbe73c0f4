import { type Check, type Checks, checkInput, InputError, oneOf, wholeNumber } from '../check-input.ts';
import { CORRUPTIONS, type Corruption } from '../orders.ts';
import { DAY_MS, parseTime, shanghaiDay } from '../shanghai.ts';

/** A share of a season's orders, or their numbers in the order of sending. */
export type OrderChoice = number | readonly number[];

/** The settings of a season. With the simulator's seed they determine every order of the season. */
export type SeasonRequest = {
  /** First Shanghai day, such as `2026-08-25`. */
  from: string;
  /** 92 unless said, or until `until`. */
  days?: number;
  /** Last Shanghai day, instead of `days`. */
  until?: string;
  /** 2 unless said. */
  ordersPerDay?: number;
  /** Size of the population, 2,000 unless said. One company in ten gets no record. */
  companies?: number;
  /** How many orders are sent after one to three that were pushed later; at most one in four. None unless said. */
  lateOrders?: number;
  /** Orders whose archives cannot be used. */
  corruptOrders?: OrderChoice;
  /** What is wrong with those; all kinds in turn unless said. */
  corruption?: Corruption;
  /** Orders without a callback: only listLatestOrderNo names them. */
  skipCallbacks?: OrderChoice;
};

const MOST_DAYS = 1_000;

const orderChoice: Check<OrderChoice> = {
  accepts: (value): value is OrderChoice =>
    Array.isArray(value)
      ? value.every((number) => Number.isSafeInteger(number) && number >= 0)
      : typeof value === 'number' && value >= 0 && value <= 1,
  expected: 'a share from 0 to 1 or a list of order numbers',
};

const day: Check<string> = {
  accepts: (value): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value),
  expected: 'a Shanghai day such as 2026-08-25',
};

const SEASON_CHECKS: Checks<SeasonRequest> = {
  from: day,
  days: wholeNumber(1, MOST_DAYS),
  until: day,
  ordersPerDay: wholeNumber(1, 100),
  companies: wholeNumber(1, 100_000),
  lateOrders: wholeNumber(0),
  corruptOrders: orderChoice,
  corruption: oneOf(CORRUPTIONS),
  skipCallbacks: orderChoice,
};

/** A request with every choice made. `corruption` null: all kinds in turn. */
export type Settings = Required<Omit<SeasonRequest, 'until' | 'corruption'>> & { corruption: Corruption | null };

/** @throws InputError */
export function settingsOf(input: unknown): Settings {
  const request = checkInput<SeasonRequest>('season', SEASON_CHECKS, input);
  const { from, until } = request;
  if (from === undefined) throw new InputError("season: 'from' is missing: the first Shanghai day");
  if (until !== undefined && request.days !== undefined)
    throw new InputError("season: give 'days' or 'until', not both");
  const days = until === undefined ? (request.days ?? 92) : Math.round((timeOf(until) - timeOf(from)) / DAY_MS) + 1;
  if (days < 1) throw new InputError("season: 'until' must not be before 'from'");
  if (days > MOST_DAYS) throw new InputError(`season: 'until' must be at most ${MOST_DAYS} days after 'from'`);
  const { ordersPerDay = 2, companies = 2_000, lateOrders = 0, corruptOrders = 0, skipCallbacks = 0 } = request;
  const corruption = request.corruption ?? null;
  return {
    from: shanghaiDay(timeOf(from)),
    days,
    ordersPerDay,
    companies,
    lateOrders,
    corruptOrders,
    corruption,
    skipCallbacks,
  };
}

function timeOf(shanghai: string): number {
  try {
    return parseTime(shanghai);
  } catch (error) {
    throw new InputError(`season: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}
