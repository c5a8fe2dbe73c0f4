import type { PortfolioMember } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Member } from 'qcc-portfolio/file/to-members';
import { memberKey } from 'qcc-portfolio/member-key';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { readMembers } from './read-members.ts';

export type Replacement = {
  /** `loadedAt` of all messages, milliseconds since the epoch. */
  loadedAt: number;
  added: number;
  kept: number;
  removed: number;
  /** Customers of this portfolio that an earlier call has removed. */
  removedBefore: number;
};

export type ReplaceInput = {
  account: string;
  portfolio: string;
  members: readonly Member[];
  /** Milliseconds since the epoch. */
  now: number;
  /** Takes out the names that were erased. */
  redact: (member: PortfolioMember) => PortfolioMember;
};

/**
 * Makes these customers the whole portfolio, in one transaction: a `read_committed` reader sees the old list or the new one. Customers
 * that are not among them are marked as removed. Only one writer works at a time, and it reads the topic first. Resolves once all of it
 * is durable.
 *
 * A removed customer is a message that says so. With a tombstone, a sink that was stopped for longer than the topic keeps tombstones
 * would never know of it.
 */
export async function replacePortfolio(side: KafkaSide, input: ReplaceInput): Promise<Replacement> {
  const { account, portfolio, now, redact } = input;
  await using writer = await openFencedWriter(side, 'portfolio');
  const earlier = [...(await readMembers(side, { account })).values()].filter((each) => each.portfolio === portfolio);
  const loadedAt = earlier.reduce((latest, each) => Math.max(latest, each.loadedAt + 1), now);
  const present = earlier.filter(({ removed }) => !removed);
  const before = new Map(present.map((member) => [memberKey(member), member]));
  const wanted = new Map(
    input.members.map((member) => {
      const message = redact({ account, portfolio, loadedAt, removed: false, ...NO_COMPANIES, ...member });
      const key = memberKey(message);
      return [key, withCompaniesOf(before.get(key), message)] as const;
    }),
  );
  const gone = present
    .filter((each) => !wanted.has(memberKey(each)))
    .map(
      ({ member }): PortfolioMember => ({
        ...{ account, portfolio, member, loadedAt },
        ...{ creditCode: null, regNo: null, name: null, attributes: {}, removed: true, ...NO_COMPANIES },
      }),
    );
  const messages = [...wanted.values(), ...gone].map((member) => ({
    topic: TOPICS.portfolio,
    key: memberKey(member),
    value: side.codec.encode('portfolio', member),
  }));
  if (messages.length > 0) await writer.write(messages);
  const kept = present.length - gone.length;
  const removedBefore = earlier.length - present.length;
  return { loadedAt, added: wanted.size - kept, kept, removed: gone.length, removedBefore };
}

const NO_COMPANIES = { companies: [], matchedBy: null };

/** Until the customers of this load are matched, readers go on with the companies that an earlier load found. */
const withCompaniesOf = (before: PortfolioMember | undefined, member: PortfolioMember): PortfolioMember =>
  before && (['creditCode', 'regNo', 'name'] as const).every((identity) => before[identity] === member[identity])
    ? { ...member, companies: before.companies, matchedBy: before.matchedBy }
    : member;
