import { type Company, companyAt } from '../companies.ts';
import { withWrongCheck } from '../company-codes.ts';
import { detailEndpoint } from '../details.ts';
import { type Random, randomOf } from '../random.ts';
import type { Calendar } from './calendar.ts';
import { caseStory, jointCases, type ListedCase } from './cases.ts';
import { LIST_TYPES, type ListEntry, listStory } from './lists.ts';
import { type NameFrom, nameStory, ordinaryChanges, representativeStory, revocation } from './registry.ts';
import type { Draft, News, StoryDeps } from './story.ts';

/** A company over the season. At a slot, QCC knows everything that was announced up to then. */
export type Life = {
  /** Place in the population. */
  readonly index: number;
  /** With its first name, and its credit code as the feed has it. */
  readonly company: Company;
  readonly hasWrongCode: boolean;
  readonly names: readonly NameFrom[];
  readonly entries: readonly ListEntry[];
  readonly cases: readonly ListedCase[];
  /** By the slot of their first push. Empty if QCC pushes nothing about the company. */
  readonly changes: readonly LifeChange[];
};

/** A change with its id. Its pushes are in order; most have one. */
export type LifeChange = {
  readonly life: Life;
  readonly number: number;
  readonly id: string;
  readonly type: string;
  readonly news: News;
  /** In milliseconds since 1970. */
  readonly happenedAt: number;
  readonly pushes: readonly Push[];
};

/**
 * The details that QCC gives. `none`: the type has none. `no-check-id`: the checkId is empty. `withheld`: QCC answers 201
 * although its list has rows. `list`: QCC answers its list, which is 201 where the list is empty.
 */
export type DetailState = 'none' | 'no-check-id' | 'withheld' | 'list';

/** One record: a change in the order of a slot. */
export type Push = {
  readonly change: LifeChange;
  readonly slot: number;
  /** The text tells the state of this slot, not that of the first push. */
  readonly isCorrected: boolean;
  readonly details: DetailState;
};

export type Population = { seed: string; companies: number; calendar: Calendar };

const DAYS_PER_QUARTER = 92;

/** The life of the company at an index. It does not depend on earlier calls. Companies 2n and 2n + 1 may share cases. */
export function lifeAt({ seed, companies, calendar }: Population, index: number): Life {
  const random = randomOf(seed, 'life', index);
  const hasWrongCode = random.chance(0.05);
  const original = namedAt(seed, index);
  const company = hasWrongCode ? { ...original, creditCode: withWrongCheck(original.creditCode) } : original;
  if (random.chance(0.1)) return silentLife(index, company, hasWrongCode);

  const quarters = calendar.days / DAYS_PER_QUARTER;
  const whole: StoryDeps = { random, company, calendar, until: calendar.days, quarters };
  const end = revocation(whole);
  const deps = end ? { ...whole, until: calendar.dayOf(end.slot) } : whole;
  const pair = Math.floor(index / 2);
  const hasPartner = pair * 2 + 1 < companies;
  const region = companyAt(seed, pair * 2).region;
  const lists = LIST_TYPES.map((type) => listStory(deps, type));
  const debts = caseStory(deps, hasPartner ? jointCases(seed, { pair, region, calendar, quarters }) : []);
  const naming = nameStory(deps);
  const drafts = [
    ...lists.flatMap((list) => list.drafts),
    ...debts.drafts,
    ...naming.drafts,
    ...representativeStory(deps),
    ...ordinaryChanges(deps),
    ...(end ? [end] : []),
  ].sort((a, b) => a.slot - b.slot);

  const changes: LifeChange[] = [];
  const life: Life = {
    index,
    company,
    hasWrongCode,
    names: naming.names,
    entries: lists.flatMap(({ entries }) => entries),
    cases: debts.cases,
    changes,
  };
  for (const draft of drafts) changes.push(changeOf({ random, calendar }, life, draft));
  return life;
}

/** The company at an index. One pair of companies in forty shares a name, as a company has that registers again. */
function namedAt(seed: string, index: number): Company {
  const company = companyAt(seed, index);
  const pair = Math.floor(index / 2);
  if (index % 2 === 0 || !randomOf(seed, 'namesake', pair).chance(0.025)) return company;
  const other = companyAt(seed, pair * 2);
  return other.kind === company.kind ? { ...company, corpName: other.corpName } : company;
}

function silentLife(index: number, company: Company, hasWrongCode: boolean): Life {
  const names = [{ name: company.corpName, announcedIn: Number.NEGATIVE_INFINITY }];
  return { index, company, hasWrongCode, names, entries: [], cases: [], changes: [] };
}

function changeOf(deps: { random: Random; calendar: Calendar }, life: Life, draft: Draft): LifeChange {
  const { random } = deps;
  const { type, news, happenedAt } = draft;
  const id = random.hex(random.chance(0.9) ? 33 : 32);
  const pushes: Push[] = [];
  const change: LifeChange = { life, number: life.changes.length, id, type, news, happenedAt, pushes };
  for (const { slot, isCorrected } of slotsOf(deps, draft)) {
    pushes.push({ change, slot, isCorrected, details: detailState(random, type) });
  }
  return change;
}

/** One change in 25 comes again on a later day. One in three of these tells the state of that day. */
function slotsOf(
  { random, calendar }: { random: Random; calendar: Calendar },
  { slot, correctedIn }: Draft,
): { slot: number; isCorrected: boolean }[] {
  const slots = [{ slot, isCorrected: false }];
  if (correctedIn !== undefined) return [...slots, { slot: correctedIn, isCorrected: true }];
  if (!random.chance(0.045)) return slots;
  const day = calendar.dayOf(slot) + random.int(1, 25);
  const isCorrected = random.chance(0.35);
  return day < calendar.days ? [...slots, { slot: calendar.slotOn(day, random), isCorrected }] : slots;
}

function detailState(random: Random, type: string): DetailState {
  if (detailEndpoint(type) === undefined) return 'none';
  if (random.chance(0.1)) return 'no-check-id';
  return random.chance(0.05) ? 'withheld' : 'list';
}

/** The company's name at a slot. The record of a new name already carries it. */
export function nameAt({ names }: Life, slot: number): string {
  return names.findLast(({ announcedIn }) => announcedIn <= slot)!.name;
}
