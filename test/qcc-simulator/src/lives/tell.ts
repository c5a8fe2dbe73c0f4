import {
  type Change,
  changeFields,
  debtorText,
  nameText,
  representativeText,
  type Wording,
  wordingOf,
} from '../changes.ts';
import { randomOf } from '../random.ts';
import { DAY_MS, shanghaiDay } from '../shanghai.ts';
import { newestPublication } from './cases.ts';
import type { Population, Push } from './life.ts';
import { isRemoved, type ListType, newestEntryDay } from './lists.ts';
import type { ListNews } from './story.ts';

/** The direction that the text of a change states; null if it states none. */
export type Direction = '列入' | '移出' | '新增' | '变更' | null;

export type Told = { direction: Direction; change: Change };

const UNCLEAR: Readonly<Record<ListType, string>> = { 2: '经营异常信息发生变化', 10: '严重违法信息发生变化' };
const ALTERATIONS: ReadonlySet<string> = new Set(['4', '5', '6', '7', '8', '12', '14']);

/** The fields that the record of a push tells. A change that comes again tells the same, unless it is corrected. */
export function tell({ seed, calendar }: Population, push: Push): Told {
  const { change, slot, isCorrected } = push;
  const { type, life } = change;
  const { direction, ...wording } = sayingOf(seed, push);
  // A corrected record has a new 更新日期.
  const told = isCorrected ? slot : change.pushes[0]!.slot;
  const lagDays = randomOf(seed, 'change date', life.index, change.number, told).int(1, 5);
  const changedAt = Math.max(happenedAtOf(push), calendar.pushedAt[told]! - lagDays * DAY_MS);
  return {
    direction,
    change: changeFields(type, {
      ...wording,
      extendDate: extendDateOf(push),
      changeDate: shanghaiDay(changedAt),
    }),
  };
}

function sayingOf(seed: string, { change, slot, isCorrected }: Push): Wording & { direction: Direction } {
  const { type, news, life, number } = change;
  const random = randomOf(seed, 'wording', life.index, number, ...(isCorrected ? [slot] : []));
  const facts = { random, company: life.company, removed: false };
  switch (news.kind) {
    case 'entry':
    case 'exit': {
      if (news.isUnclear) return { category: '3', changeContent: UNCLEAR[news.entry.type], direction: null };
      const removed = announcesExit(news, { isCorrected, slot });
      return { ...wordingOf(type, { ...facts, removed }), direction: removed ? '移出' : '列入' };
    }
    case 'cases':
      return { category: '1', changeContent: debtorText(news.cases.length), direction: '新增' };
    case 'representative':
      return { category: '2', changeContent: representativeText(news.from, news.to), direction: '变更' };
    case 'name':
      return { category: '3', changeContent: nameText(news.from, news.to), direction: '变更' };
    case 'revocation':
      return { category: '1', changeContent: news.text, direction: '变更' };
    case 'other': {
      const direction = type === '15' ? '列入' : type === '3' ? '新增' : ALTERATIONS.has(type) ? '变更' : null;
      return { ...wordingOf(type, facts), direction };
    }
    default:
      return news satisfies never;
  }
}

/** Whether a push of an entry or an exit tells the exit: a corrected entry does, once it is removed. */
export function announcesExit(
  { kind, entry }: ListNews,
  { isCorrected, slot }: Pick<Push, 'isCorrected' | 'slot'>,
): boolean {
  return kind === 'exit' || (isCorrected && isRemoved(entry, slot));
}

function happenedAtOf(push: Push): number {
  const { news, happenedAt } = push.change;
  const isExit = (news.kind === 'entry' || news.kind === 'exit') && announcesExit(news, push);
  return isExit ? news.entry.removal!.at : happenedAt;
}

/** The date in 监测内容附加信息 of the four types that have one (6.2.6), as of the push. */
function extendDateOf({ change, slot }: Push): string | undefined {
  const { news, life, happenedAt } = change;
  switch (news.kind) {
    case 'entry':
    case 'exit':
      return newestEntryDay(life.entries, news.entry.type, slot);
    case 'cases':
      return newestPublication(life.cases, slot);
    case 'revocation':
      return shanghaiDay(happenedAt);
    default:
      return undefined;
  }
}
