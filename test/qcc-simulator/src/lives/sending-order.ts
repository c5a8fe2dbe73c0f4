import { InputError } from '../check-input.ts';
import { type Random, randomOf } from '../random.ts';
import type { OrderChoice } from './season-request.ts';

const BLOCK = 4;

/**
 * The slots in the order of sending: in some blocks of four, one slot moves behind others of the block.
 * @throws InputError if the season has too few orders
 */
export function sendingOrder(seed: string, slots: number, lateOrders: number): number[] {
  const order = Array.from({ length: slots }, (_, slot) => slot);
  const blocks = Array.from({ length: Math.floor(slots / BLOCK) }, (_, block) => block);
  if (lateOrders > blocks.length) {
    throw new InputError(`season: 'lateOrders' must be at most ${blocks.length}, one in four of its ${slots} orders`);
  }
  const random = randomOf(seed, 'late');
  for (const block of shuffled(random, blocks).slice(0, lateOrders)) {
    const offset = random.int(0, BLOCK - 2);
    const [late] = order.splice(block * BLOCK + offset, 1);
    order.splice(block * BLOCK + random.int(offset + 1, BLOCK - 1), 0, late!);
  }
  return order;
}

/** The numbers of the chosen orders. @throws InputError for a number that no order has */
export function chosenOrders(seed: string, name: string, choice: OrderChoice, orders: number): ReadonlySet<number> {
  const numbers = Array.from({ length: orders }, (_, number) => number);
  if (typeof choice === 'number') {
    return new Set(shuffled(randomOf(seed, name), numbers).slice(0, Math.ceil(choice * orders)));
  }
  const unknown = choice.find((number) => number >= orders);
  if (unknown !== undefined)
    throw new InputError(`season: '${name}' has ${unknown}, but the last order is ${orders - 1}`);
  return new Set(choice);
}

/** The items in a random order (Fisher and Yates). */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = random.int(0, at);
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}
