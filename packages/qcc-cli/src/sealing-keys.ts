import { readKid, type Sealer, type SealingContext, SealingError } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import { type KeptArchive, type KeptRefusal, passwordContext } from 'qcc-evidence/archive-repository';
import { CommandFailure } from './terminal.ts';

export type SealedText = { sealed: string; context: SealingContext };

/** What the callback of an order brought. */
export function sealedInOrder(order: Order): SealedText[] {
  const { account, orderNo, sealedDownloadUrl, sealedUnzipPassword } = order;
  const texts = [
    { field: 'downloadUrl', sealed: sealedDownloadUrl },
    { field: 'unzipPassword', sealed: sealedUnzipPassword },
  ];
  return texts.flatMap(({ field, sealed }) => (sealed ? [{ sealed, context: { account, orderNo, field } }] : []));
}

export const sealedInArchive = (archive: KeptArchive | KeptRefusal): SealedText => ({
  sealed: archive.sealedUnzipPassword,
  context: passwordContext(archive),
});

type SealedIn = 'order' | 'archive';
type Problem = { kid: string; kind: 'missing' | 'another'; places: Record<SealedIn, string[]> };

export type KeyCheck = {
  look(place: SealedIn, text: SealedText): Promise<void>;
  /**
   * Returns one sentence if every text could be opened.
   * @throws CommandFailure that names each key that is missing or differs from the key that sealed the text. It says how many texts need
   *   the key, and names one of the orders.
   */
  conclude(keysHeld: number): string;
};

/** Opens each text that it gets and forgets the content. It remembers only key ids and order numbers. */
export function createKeyCheck(sealer: Pick<Sealer, 'open'>): KeyCheck {
  const opened = new Map<string, number>();
  const problems = new Map<string, Problem>();
  return {
    async look(place, { sealed, context }) {
      const kid = readKid(sealed);
      // Not sealed by any key: the extractor leaves such a text alone.
      if (kid === null) return;
      try {
        await sealer.open(sealed, context);
        opened.set(kid, (opened.get(kid) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof SealingError)) throw error;
        const kind = error.kind === 'unknown-key' ? 'missing' : 'another';
        const problem = problems.get(kid) ?? { kid, kind, places: { order: [], archive: [] } };
        problems.set(kid, problem);
        problem.places[place].push(context.orderNo);
      }
    },
    conclude(keysHeld) {
      if (problems.size > 0) {
        throw new CommandFailure([...problems.values()].map(describeProblem).join('; '));
      }
      const used = [...opened].map(([kid, texts]) => `${JSON.stringify(kid)} (${texts})`);
      if (used.length === 0) return 'nothing is sealed yet';
      const idle = keysHeld - used.length;
      return `every text that was checked can be opened, with key ${used.join(', ')}${idle > 0 ? `; keys of SEALING_KEY that none of them uses: ${idle}` : ''}`;
    },
  };
}

function describeProblem({ kid, kind, places }: Problem): string {
  const needs = [
    ...(places.order.length > 0 ? [`${places.order.length} texts on the topic orders`] : []),
    ...(places.archive.length > 0 ? [`${places.archive.length} of the checked archives`] : []),
  ].join(' and ');
  const example = places.order[0] ?? places.archive[0];
  return kind === 'missing'
    ? `key ${JSON.stringify(kid)} is not in SEALING_KEY, and ${needs} need it (such as order ${example}): add it again after the others`
    : `key ${JSON.stringify(kid)} of SEALING_KEY is not the one that sealed ${needs} (such as order ${example}): put the old one back, and give the new one another name`;
}
