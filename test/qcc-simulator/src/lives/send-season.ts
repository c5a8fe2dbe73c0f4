import { InputError } from '../check-input.ts';
import type { SeasonOrder, Seasons } from './season.ts';
import type { SeasonRequest } from './season-request.ts';

/** A season, and which part of it to send: numbers in the order of sending, both included. All of it unless said. */
export type SendSeasonRequest = SeasonRequest & { fromOrder?: number; toOrder?: number };

/** @throws InputError */
export function ordersToSend(seasons: Seasons, request: SendSeasonRequest): readonly SeasonOrder[] {
  const { fromOrder, toOrder, ...season } = request;
  const { orders } = seasons.of(season);
  const last = orders.length - 1;
  const [from, to] = [fromOrder ?? 0, toOrder ?? last];
  for (const [name, number] of Object.entries({ fromOrder: from, toOrder: to })) {
    if (Number.isSafeInteger(number) && number >= 0 && number <= last) continue;
    throw new InputError(`season: '${name}' must be a whole number from 0 to ${last}`);
  }
  return orders.slice(from, to + 1);
}
