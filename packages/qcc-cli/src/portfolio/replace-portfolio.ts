import type { PortfolioMember } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Member } from 'qcc-portfolio/file/to-members';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { memberKey } from './member-key.ts';
import { readMembers } from './read-members.ts';

export type Replacement = {
  /** `loadedAt` of all messages, milliseconds since the epoch. */
  loadedAt: number;
  added: number;
  kept: number;
  removed: number;
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
  const wanted = new Map(
    input.members.map((member) => {
      const message = redact({ account, portfolio, loadedAt, removed: false, ...member });
      return [memberKey(message), message] as const;
    }),
  );
  const present = earlier.filter(({ removed }) => !removed);
  const gone = present
    .filter((each) => !wanted.has(memberKey(each)))
    .map(
      ({ member }): PortfolioMember => ({
        ...{ account, portfolio, member, loadedAt },
        ...{ creditCode: null, regNo: null, name: null, attributes: {}, removed: true },
      }),
    );
  const messages = [...wanted.values(), ...gone].map((member) => ({
    topic: TOPICS.portfolio,
    key: memberKey(member),
    value: side.codec.encode('portfolio', member),
  }));
  if (messages.length > 0) await writer.write(messages);
  const kept = present.length - gone.length;
  return { loadedAt, added: wanted.size - kept, kept, removed: gone.length };
}
