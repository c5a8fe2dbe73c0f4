import type { CheckIds } from '../check-ids.ts';
import type { Order } from '../orders.ts';
import { randomOf } from '../random.ts';
import { type RecordFields, type RecordSource, recordFields } from '../record.ts';
import { nameAt, type Population, type Push } from './life.ts';
import { detailsOfPush } from './push-details.ts';
import { tell } from './tell.ts';

/** Records of the orders that carry a slice of a season: each is one push of a company's change. */
export function createSeasonRecords({ checkIds }: { checkIds: CheckIds }): RecordSource {
  function elementAt(order: Order, position: number): RecordFields {
    const { population, push } = pushAt(order, position);
    const { change, slot, details } = push;
    const { life, number, id, type } = change;
    const hasCheckId = details === 'list' || details === 'withheld';
    return recordFields(
      // One third of the records have no credit code, one third no reg number.
      { order, random: randomOf(population.seed, 'record', life.index, number, slot), oneIn: 6 },
      {
        id,
        type,
        company: { ...life.company, corpName: nameAt(life, slot) },
        change: tell(population, push).change,
        checkId: hasCheckId ? checkIds.of({ sequence: order.sequence, position }) : '',
      },
    );
  }

  return {
    elementAt,
    recordAt: (order, position) => {
      const { population, push } = pushAt(order, position);
      return { position, element: elementAt(order, position), details: detailsOfPush(population, push) };
    },
    detailsAt: (order, position) => {
      const { population, push } = pushAt(order, position);
      const details = detailsOfPush(population, push);
      return details === null ? undefined : { corpKeyNo: push.change.life.company.corpKeyNo, details };
    },
  };
}

function pushAt({ slice }: Order, position: number): { population: Population; push: Push } {
  const push = slice?.pushes[position];
  if (!slice || !push) throw new RangeError(`no record of a season is at position ${position}`);
  return { population: slice.population, push };
}
