import { TOPICS } from 'qcc-core/contract/topics';
import { memberKey } from 'qcc-portfolio/member-key';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { readMembers } from './read-members.ts';

type Load = { account: string; portfolio: string; loadedAt: number };
type MatchRow = { member: string; matched_by: string; companies: string[] };

/**
 * Publishes, for each customer of a load, the companies that the view `portfolio_matches` finds, unless the topic already has them. All
 * messages are in one transaction. Readers of the topic need them, because they see one change at a time and do not know a company's
 * former names. Call it after the table has the load. A customer of a later load is left as it is.
 * @throws CommandFailure
 */
export async function publishMatches(side: KafkaSide, clickhouse: ClickHouseSide, load: Load): Promise<void> {
  const { account, portfolio, loadedAt } = load;
  const rows = await clickhouse.rows<MatchRow>(
    `SELECT member, toString(any(m.matched_by)) AS matched_by, arraySort(groupArray(corp_key_no)) AS companies
     FROM {{db}}.portfolio_matches AS m
     WHERE account = {account: String} AND portfolio = {portfolio: String}
     GROUP BY member`,
    { account, portfolio },
  );
  const matches = new Map(rows.map((row) => [row.member, row]));
  await using writer = await openFencedWriter(side, 'portfolio');
  const messages = [...(await readMembers(side, { account })).values()].flatMap((member) => {
    if (member.portfolio !== portfolio || member.loadedAt !== loadedAt || member.removed) return [];
    const match = matches.get(member.member);
    const found = { companies: match?.companies ?? [], matchedBy: match?.matched_by ?? null };
    if (member.matchedBy === found.matchedBy && member.companies.join() === found.companies.join()) return [];
    const value = side.codec.encode('portfolio', { ...member, ...found });
    return [{ topic: TOPICS.portfolio, key: memberKey(member), value }];
  });
  if (messages.length > 0) await writer.write(messages);
}
