import { oneServer } from 'qcc-clickhouse/failover';
import { PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { redactMember } from 'qcc-clickhouse/rows/erase-row';
import type { PortfolioMember } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { ErasureSubject } from 'qcc-evidence/erasure/subject';
import { memberKey } from 'qcc-portfolio/member-key';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { readMembers } from '../portfolio/read-members.ts';
import {
  catchUp,
  deleteRows,
  inParts,
  insertAnew,
  literal,
  markAfter,
  mentions,
  needles,
  query,
  type RowsDeps,
} from './unlogged-statements.ts';

export type MembersInput = {
  subject: ErasureSubject;
  /** Knows of this erasure already. */
  eraser: Eraser;
  /** Keys of the customers that are the company, see `findMembersOf`; null if the erasure is about no company. */
  ofCompany: ReadonlySet<string> | null;
};

/**
 * The keys of the customers that were matched to the company and to no other. Ask before anything is erased, because the match reads
 * what the feed says about the company.
 */
export async function findMembersOf(deps: RowsDeps, { account, company }: ErasureSubject): Promise<Set<string> | null> {
  if (company === undefined) return null;
  const rows = await query<{ portfolio: string; member: string }>(
    deps,
    `SELECT portfolio, member FROM {{db}}.portfolio_matches
     WHERE account = {account: String} AND corp_key_no = {company: String} AND NOT is_ambiguous`,
    { account, company },
  );
  return new Set(rows.map((row) => memberKey({ account, ...row })));
}

/** What is left of a customer: null for one that goes, the very same one if it stays as it is. */
function eraseMember({ subject, eraser, ofCompany }: MembersInput, member: PortfolioMember): PortfolioMember | null {
  if (ofCompany && !ofCompany.has(memberKey(member)))
    return subject.person === undefined ? withoutCompany(member, subject.company) : member;
  if (subject.person === undefined) return ofCompany ? null : member;
  return redactMember(eraser, member, subject.company ?? null);
}

/** A customer that is matched to other companies, too. */
const withoutCompany = (member: PortfolioMember, company: string | undefined): PortfolioMember => {
  const companies = member.companies.filter((corpKeyNo) => corpKeyNo !== company);
  if (companies.length === member.companies.length) return member;
  return { ...member, companies, matchedBy: companies.length === 0 ? null : member.matchedBy };
};

/** Replaces on the topic what is to be erased. Compaction takes the old messages away, within two hours as the topic is configured. */
export async function eraseMembersOnTopic(side: KafkaSide, input: MembersInput): Promise<void> {
  await using writer = await openFencedWriter(side, 'portfolio');
  const members = await readMembers(side, input.subject);
  const messages = [...members].flatMap(([key, member]): Outgoing[] => {
    const after = eraseMember(input, member);
    if (after === member) return [];
    const value = after && side.codec.encode('portfolio', after);
    const replaced = after && { topic: TOPICS.portfolio, key: memberKey(after), value };
    const isMoved = replaced?.key !== key;
    return [...(isMoved ? [{ topic: TOPICS.portfolio, key, value: null }] : []), ...(replaced ? [replaced] : [])];
  });
  if (messages.length > 0) await writer.write(messages);
}

/** As ClickHouse returns a row of `portfolio_members`. */
type StoredMember = {
  account: string;
  portfolio: string;
  member: string;
  credit_code: string | null;
  reg_no: string | null;
  name: string | null;
  attributes: Record<string, string>;
  source_topic: string;
  source_partition: number;
  source_offset: number;
  ingestedAt: string;
};

/**
 * Removes the subject from `portfolio_members`, as `eraseRows` does from the other tables: rows that lose a name are inserted again
 * without it, and the old rows are deleted. The statements name rows by their place on the topic, because a customer may be named by
 * its own name.
 * @returns how many customers hold it.
 */
export async function eraseMemberRows(given: RowsDeps, input: MembersInput & { dryRun: boolean }): Promise<number> {
  const { subject, ofCompany, dryRun } = input;
  if (ofCompany?.size === 0) return 0;
  const deps = { ...given, client: await oneServer(given.client) };
  await catchUp(deps, ['portfolio_members'], 'here');
  const stored = await query<StoredMember>(
    deps,
    // Without FINAL: older rows of a customer are on disk, too.
    `SELECT * EXCEPT (ingested_at, ingested_day), toString(ingested_at) AS ingestedAt FROM {{db}}.portfolio_members
     WHERE account = {account: String}
       ${ofCompany ? "AND concat(account, '|', portfolio, '|', member) IN {ofCompany: Array(String)}" : ''}
       ${subject.person === undefined ? '' : `AND ${mentions(PERSONAL_COLUMNS.portfolio_members!)}`}`,
    { account: subject.account, ofCompany: [...(ofCompany ?? [])], ...needles(subject.person ?? '') },
  );
  const changed = stored.flatMap((row) => {
    const before = toMember(row);
    const after = eraseMember(input, before);
    return after === before ? [] : [{ row, after }];
  });
  const count = new Set(changed.map(({ row }) => memberKey(row))).size;
  if (dryRun || count === 0) return count;
  const mark = await markAfter(
    deps,
    changed.map(({ row }) => row),
  );
  const rewritten = changed.flatMap(({ row: { ingestedAt: _, ...row }, after }) =>
    after ? [{ ...row, member: after.member, name: after.name, attributes: after.attributes, ingested_at: mark }] : [],
  );
  if (rewritten.length > 0) await insertAnew(deps, 'portfolio_members', rewritten);
  const columns = '(source_topic, source_partition, source_offset, toString(ingested_at))';
  const listed = changed.map(
    ({ row }) => `(${literal(row.source_topic)}, ${row.source_partition}, ${row.source_offset}, '${row.ingestedAt}')`,
  );
  for (const part of inParts(listed)) await deleteRows(deps, 'portfolio_members', `${columns} IN (${part})`);
  return count;
}

/** The parts that name somebody; the others do not matter here. */
const toMember = ({ account, portfolio, member, name, attributes }: StoredMember): PortfolioMember => ({
  ...{ account, portfolio, member, name, attributes },
  ...{ creditCode: null, regNo: null, loadedAt: 0, removed: false, companies: [], matchedBy: null },
});
