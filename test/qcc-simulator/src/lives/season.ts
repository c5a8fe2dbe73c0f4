import { type Checks, checkInput, InputError, wholeNumber } from '../check-input.ts';
import { CORRUPTIONS, type Corruption, type OrderRequest } from '../orders.ts';
import { randomOf } from '../random.ts';
import { shanghaiTime } from '../shanghai.ts';
import { createCalendar } from './calendar.ts';
import { type Life, lifeAt, type Population, type Push } from './life.ts';
import { type SeasonRequest, type Settings, settingsOf } from './season-request.ts';
import { chosenOrders, sendingOrder, shuffled } from './sending-order.ts';

/** An order of a season before it is sent. */
export type SeasonOrder = {
  /** Number in the order of sending, from 0. */
  readonly number: number;
  /** Shanghai time. */
  readonly pushDate: string;
  readonly records: number;
  readonly corrupt: Corruption | null;
  readonly callback: boolean;
  /** Sent after an order with a greater pushDate. */
  readonly isLate: boolean;
  /** Pass it to `createOrder` to send this order. */
  readonly request: OrderRequest;
  readonly population: Population;
  readonly lives: readonly Life[];
  /** The records by position. */
  readonly pushes: readonly Push[];
};

export type Season = {
  readonly population: Population;
  readonly lives: readonly Life[];
  /** In the order of sending. */
  readonly orders: readonly SeasonOrder[];
};

/** One order of a season, by its number in the order of sending. */
export type SeasonSlice = { season: SeasonRequest; order: number };

export type Seasons = {
  /** @throws InputError */
  of(request: unknown): Season;
  /** @throws InputError */
  orderOf(slice: unknown): SeasonOrder;
};

const SLICE_CHECKS: Checks<SeasonSlice> = {
  season: {
    accepts: (value): value is SeasonRequest => typeof value === 'object',
    expected: 'the settings of a season',
  },
  order: wholeNumber(0),
};

type Shape = Pick<Settings, 'from' | 'days' | 'ordersPerDay' | 'companies'>;
type Lives = { population: Population; lives: readonly Life[] };

/**
 * Plans seasons. Seasons that differ only in how they are sent share their companies; any others have none in common.
 * A plan is kept in memory, so that asking for the same season again is cheap.
 */
export function createSeasons(seed: string): Seasons {
  const lives = new Map<string, Lives>();
  const seasons = new Map<string, Season>();
  const of = (request: unknown): Season => {
    const settings = settingsOf(request);
    const { from, days, ordersPerDay, companies } = settings;
    const shape = { from, days, ordersPerDay, companies };
    return kept(seasons, JSON.stringify(settings), () =>
      planSeason(
        kept(lives, JSON.stringify(shape), () => livesOf(seed, shape)),
        settings,
        { ...(request as SeasonRequest) },
      ),
    );
  };
  return {
    of,
    orderOf: (input) => {
      const { season, order = -1 } = checkInput<SeasonSlice>('slice', SLICE_CHECKS, input);
      const { orders } = of(season ?? {});
      const planned = orders[order];
      if (!planned) throw new InputError(`slice: 'order' must be a whole number from 0 to ${orders.length - 1}`);
      return planned;
    },
  };
}

function kept<Value>(values: Map<string, Value>, key: string, make: () => Value): Value {
  const value = values.get(key) ?? make();
  values.set(key, value);
  return value;
}

function livesOf(seed: string, { from, days, ordersPerDay, companies }: Shape): Lives {
  const own = [seed, 'lives', from, days, ordersPerDay, companies].join('/');
  const population = { seed: own, companies, calendar: createCalendar(own, { from, days, ordersPerDay }) };
  return { population, lives: Array.from({ length: companies }, (_, index) => lifeAt(population, index)) };
}

function planSeason({ population, lives }: Lives, settings: Settings, request: SeasonRequest): Season {
  const { seed, calendar } = population;
  const pushes: Push[][] = calendar.pushedAt.map(() => []);
  for (const push of lives.flatMap(({ changes }) => changes).flatMap((change) => change.pushes)) {
    pushes[push.slot]!.push(push);
  }
  const slots = sendingOrder(seed, calendar.pushedAt.length, settings.lateOrders);
  const corrupt = chosenOrders(seed, 'corruptOrders', settings.corruptOrders, slots.length);
  const silent = chosenOrders(seed, 'skipCallbacks', settings.skipCallbacks, slots.length);
  let damaged = 0;
  let latest = -1;
  const orders = slots.map((slot, number): SeasonOrder => {
    const isLate = slot < latest;
    latest = Math.max(latest, slot);
    return {
      number,
      pushDate: shanghaiTime(calendar.pushedAt[slot]!),
      records: pushes[slot]!.length,
      corrupt: corrupt.has(number) ? (settings.corruption ?? CORRUPTIONS[damaged++ % CORRUPTIONS.length]!) : null,
      callback: !silent.has(number),
      isLate,
      request: { slice: { season: request, order: number } },
      population,
      lives,
      pushes: shuffled(randomOf(seed, 'positions', slot), pushes[slot]!),
    };
  });
  return { population, lives, orders };
}
