import { renderTable } from '../render-table.ts';
import type { Report, ReportPart } from './read-report.ts';

const HOW = {
  CREDIT_CODE: 'by credit code',
  REG_NO: 'by registration number',
  NAME: 'by current name',
  FORMER_NAME: 'by former name',
} as const;

/** The report of one portfolio as text. */
export function renderReport(
  { account, portfolio }: { account: string; portfolio: string },
  report: Report,
  columns: number | undefined,
): string {
  const { members, loadedAt, matched, ambiguous, otherCreditCode, neverInFeed, firstDay } = report;
  const total = Object.values(matched).reduce((sum, each) => sum + each, 0);
  const by = Object.entries(HOW).map(([kind, how]) => `${matched[kind as keyof typeof HOW]} ${how}`);
  const since =
    firstDay === null
      ? 'No order has arrived yet.'
      : `The first day of the feed is ${firstDay}. Since then, no change of a customer that was never in the feed has arrived. \`npx qcc certificate\` says whether a day is complete.`;
  return [
    `Portfolio ${portfolio} of account ${account}: ${members} customers, loaded at ${loadedAt?.slice(0, 19) ?? '–'} (Shanghai).`,
    `Matched to one company of the feed: ${total} (${by.join(', ')}).`,
    `Ambiguous, several companies fit: ${ambiguous.count}.`,
    ...part(ambiguous, columns),
    `Matched by name or number to a company with another credit code: ${otherCreditCode.count}.`,
    ...part(otherCreditCode, columns),
    `Never in the feed: ${neverInFeed.count}.`,
    ...part(neverInFeed, columns),
    since,
    'This does not mean that the customer has no risks. QCC may not watch it, its risks may be older, or an order may be missing.',
  ].join('\n');
}

function part({ count, shown: rows }: ReportPart, columns: number | undefined): string[] {
  if (rows.length === 0) return [];
  const hasCompanies = rows.some(({ companies }) => companies.length > 0);
  const head = ['name', 'credit code', 'registration number', ...(hasCompanies ? ['matched by', 'corp_key_no'] : [])];
  const cells = rows.map(({ name, credit_code, reg_no, matched_by, companies }) => [
    name ?? '–',
    credit_code ?? '–',
    reg_no ?? '–',
    ...(hasCompanies ? [matched_by, companies.join(' ')] : []),
  ]);
  const rest = count - rows.length;
  return [
    renderTable(head, cells, { columns, isCompact: true }),
    ...(rest > 0 ? [`… and ${rest} more: show them with --last ${count}.`] : []),
  ];
}
