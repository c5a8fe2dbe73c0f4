import { companyName, personName, soleTraderName } from '../companies.ts';
import { countOf, type Draft, differentDays, type News, type StoryDeps } from './story.ts';

/** A name and the slot from which records carry it. */
export type NameFrom = { name: string; announcedIn: number };

/** Changes per company and quarter of the types that tell no story: each stands alone. */
const RATES: Readonly<Record<string, number>> = {
  3: 0.25,
  6: 0.4,
  7: 0.4,
  8: 0.45,
  12: 0.4,
  14: 0.2,
  15: 0.02,
  16: 0.014,
  17: 0.014,
};

/** Days from a change at the registry to its push. */
const LAG_DAYS = [1, 12] as const;

/** The changes of the register that tell no story, unknown types among them. */
export function ordinaryChanges(deps: StoryDeps): Draft[] {
  const { random, until, quarters } = deps;
  return Object.entries(RATES).flatMap(([type, rate]) =>
    differentDays(random, countOf(random, rate * quarters), until).map((day) =>
      draft(deps, type, { kind: 'other' }, day),
    ),
  );
}

/** A to B, then B to C: each legal representative follows the one before. */
export function representativeStory(deps: StoryDeps): Draft[] {
  const { random, until, quarters } = deps;
  let from = personName(random);
  const changes = random.chance(Math.min(0.95, 0.35 * quarters)) ? 1 + countOf(random, 0.5 * quarters) : 0;
  return differentDays(random, changes, until).map((day) => {
    const to = another(from, () => personName(random));
    const made = draft(deps, '4', { kind: 'representative', from, to }, day);
    from = to;
    return made;
  });
}

/** The company's names, the first from before the season, and the changes that bring the others. */
export function nameStory(deps: StoryDeps): { names: NameFrom[]; drafts: Draft[] } {
  const { random, company, until, quarters } = deps;
  const names: NameFrom[] = [{ name: company.corpName, announcedIn: Number.NEGATIVE_INFINITY }];
  const newName = company.kind === 'sole trader' ? soleTraderName : companyName;
  const changes = random.chance(Math.min(0.95, 0.2 * quarters)) ? 1 + countOf(random, 0.3 * quarters) : 0;
  const drafts = differentDays(random, changes, until).map((day) => {
    const from = names.at(-1)!.name;
    const to = another(from, () => newName(random, company.region));
    const made = draft(deps, '5', { kind: 'name', from, to }, day);
    names.push({ name: to, announcedIn: made.slot });
    return made;
  });
  return { names, drafts };
}

/** The last change of a company, in the last fifth of the season; undefined for most. */
export function revocation(deps: StoryDeps): Draft | undefined {
  const { random, calendar, quarters } = deps;
  if (calendar.days < 5 || !random.chance(Math.min(0.5, 0.05 * quarters))) return undefined;
  const text = random.pick(['已吊销', '已注销', '吊销，未注销']);
  return draft(deps, '1', { kind: 'revocation', text }, random.int(Math.floor(calendar.days * 0.8), calendar.days - 1));
}

function draft({ random, calendar }: StoryDeps, type: string, news: News, day: number): Draft {
  const happenedAt = calendar.instantOn(day - random.int(...LAG_DAYS), random);
  return { type, news, happenedAt, slot: calendar.slotOn(day, random) };
}

function another(name: string, draw: () => string): string {
  let drawn = draw();
  while (drawn === name) drawn = draw();
  return drawn;
}
