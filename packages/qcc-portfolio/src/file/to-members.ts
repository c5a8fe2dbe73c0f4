import { isCreditCode, isRegistrationNumber, normalizeCode } from '../credit-code.ts';
import { normalizeName } from '../match-members.ts';
import { PortfolioFileError } from '../portfolio-file-error.ts';
import { type Columns, ROLES, type Role } from './find-columns.ts';
import { type Cell, cellOf, LIMITS, type Row } from './row.ts';

/** A customer as the file names it. Codes are normalized; the name and the own columns stay as they are. */
export type Member = {
  /** Identifies the customer in its portfolio: the credit code, else the registration number, else the normalized name. */
  member: string;
  creditCode: string | null;
  regNo: string | null;
  name: string | null;
  attributes: Record<string, string>;
};

export type Members = {
  members: Member[];
  /** Rows that cannot be used, each with its line and the remedy. */
  problems: string[];
  /** What is used, and may be wrong. */
  warnings: string[];
};

/** @throws PortfolioFileError if there are too many rows. */
export function toMembers({ rows, roles, own, warnings }: Columns): Members {
  if (rows.length > LIMITS.rows) {
    throw new PortfolioFileError(
      `the file has more than ${LIMITS.rows} customers: split it, and load each part as a portfolio with --name`,
    );
  }
  const found = new Map<string, { line: number; member: Member }>();
  const result: Members = { members: [], problems: [], warnings: [...warnings] };
  for (const row of rows) {
    const read = readRow(row, roles, own);
    if (typeof read === 'string') {
      result.problems.push(`line ${row.line}: ${read}`);
      continue;
    }
    const { member, doubts } = read;
    result.warnings.push(...doubts.map((doubt) => `line ${row.line}: ${doubt}`));
    const earlier = found.get(member.member);
    if (earlier) {
      result.warnings.push(
        `line ${row.line} is about the same customer as line ${earlier.line} (${member.member}): line ${row.line} is used`,
      );
    }
    found.set(member.member, { line: row.line, member });
  }
  result.members = [...found.values()].map(({ member }) => member);
  return result;
}

/** What people write where nothing is known. */
const NOTHING = /^(-+|—+|\/+|无|暂无|空|null|n\/?a)$/i;

function readRow(
  { cells }: Row,
  roles: ReadonlyMap<Role, number>,
  own: Columns['own'],
): { member: Member; doubts: string[] } | string {
  const cell = (role: Role): Cell => cells[roles.get(role) ?? -1] ?? cellOf('');
  for (const role of ROLES) {
    const { problem, digitsLost } = cell(role);
    if (problem !== null) return problem;
    if (digitsLost !== null && role !== 'name') return digitsLost;
  }
  const bytes = cells.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > LIMITS.rowBytes) return `the row has more than ${LIMITS.rowBytes} bytes: shorten its cells`;

  const codeCell = codeOf(cell('creditCode').text);
  const regCell = codeOf(cell('regNo').text);
  // People keep both kinds in one column.
  const isNumberAsCode = codeCell !== null && isRegistrationNumber(codeCell) && regCell === null;
  const isCodeAsNumber = regCell !== null && isCreditCode(regCell) && codeCell === null;
  const creditCode = isNumberAsCode ? null : isCodeAsNumber ? regCell : codeCell;
  const regNo = isCodeAsNumber ? null : isNumberAsCode ? codeCell : regCell;
  const { text } = cell('name');
  const name = NOTHING.test(text) ? '' : text;
  const member = creditCode ?? regNo ?? normalizeName(name);
  if (member === '')
    return 'neither a credit code nor a registration number nor a name: fill one in, or remove the row';
  const attributes = Object.fromEntries(
    own.map(({ at, name: column }) => [column, cells[at]?.text ?? ''] as const).filter(([, text]) => text !== ''),
  );
  return {
    member: { member, creditCode, regNo, name: name === '' ? null : name, attributes },
    doubts: [...doubtsOf(creditCode, regNo), ...own.flatMap(({ at }) => cells[at]?.digitsLost ?? [])],
  };
}

/** A normalized code, without the apostrophe that makes Excel take it for text; null for what stands for nothing. */
function codeOf(text: string): string | null {
  const code = normalizeCode(text.replace(/^['’`]/, ''));
  return code === '' || NOTHING.test(text) ? null : code;
}

function doubtsOf(creditCode: string | null, regNo: string | null): string[] {
  const doubts: string[] = [];
  if (creditCode !== null && !isCreditCode(creditCode)) {
    doubts.push(
      creditCode.length === 18
        ? `the check character of ${creditCode} does not match the other characters (GB 32100-2015): compare it with the licence`
        : `${creditCode} is not a credit code of 18 characters: compare it with the licence`,
    );
  }
  if (regNo !== null && !isRegistrationNumber(regNo)) {
    doubts.push(`${regNo} is not a registration number of 13 or 15 digits: compare it with the licence`);
  }
  return doubts;
}
