import { type Checks, checkInput, text, wholeNumber } from './check-input.ts';
import { ORDER_CHECKS, type OrderRequest } from './orders.ts';
import { PUSH_WINDOWS } from './push-setting.ts';
import { randomOf } from './random.ts';
import { DAY_MS, parseTime, shanghaiDay, shanghaiTime } from './shanghai.ts';

/** A day of orders, each as an order is asked for; pushDate comes from the windows. */
export type DayRequest = Omit<OrderRequest, 'pushDate'> & {
  /** Shanghai day, yesterday unless said. */
  date?: string;
  /** 6 unless said: one for each window. */
  orders?: number;
};

const { pushDate: _fromTheWindow, ...SHARED_CHECKS } = ORDER_CHECKS;
const DAY_CHECKS: Checks<DayRequest> = { ...SHARED_CHECKS, date: text, orders: wholeNumber(1, 10_000) };

/**
 * The orders of a day, the earliest first. They are spread evenly over the push windows, each at a random second of its window.
 * @throws InputError
 */
export function planDay({ seed, now }: { seed: string; now: number }, input: unknown): OrderRequest[] {
  const { date = shanghaiDay(now - DAY_MS), orders = 6, ...request } = checkInput<DayRequest>('day', DAY_CHECKS, input);
  return pushTimes(seed, date, orders).map((time) => ({ ...request, pushDate: shanghaiTime(time) }));
}

/** When the orders of a Shanghai day are pushed, the earliest first, in milliseconds since 1970. */
export function pushTimes(seed: string, date: string, orders: number): number[] {
  const random = randomOf(seed, 'day', date);
  const startOfDay = parseTime(date);
  const times = Array.from({ length: orders }, (_, index) => {
    const hour = PUSH_WINDOWS[Math.floor((index * PUSH_WINDOWS.length) / orders)]!;
    return startOfDay + hour * 3_600_000 + random.int(0, 7_199) * 1_000;
  });
  return times.sort((a, b) => a - b);
}
