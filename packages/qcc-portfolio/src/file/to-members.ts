import { isCreditCode, isIdentityNumber, isRegistrationNumber, normalizeCode } from '../credit-code.ts';
import { normalizeName } from '../match-members.ts';
import { PortfolioFileError } from '../portfolio-file-error.ts';
import { type Columns, ROLES, type Role } from './find-columns.ts';
import { type Cell, cellOf, LIMITS, type Row, withoutApostrophe } from './row.ts';

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
  /** Rows that another row about the same customer replaces. */
  replaced: number;
  /** The header of the column of each role; null where there is none. */
  columns: Record<Role, string | null>;
};

/** @throws PortfolioFileError if there are too many rows. */
export function toMembers({ rows, headers, roles, own, warnings }: Columns): Members {
  if (rows.length > LIMITS.rows) {
    throw new PortfolioFileError(
      `the file has more than ${LIMITS.rows} customers: split it, and load each part as a portfolio with --name`,
    );
  }
  const found = new Map<string, { line: number; member: Member }>();
  const headerOf = (role: Role): string | null => headers[roles.get(role) ?? -1] ?? null;
  const result: Members = {
    members: [],
    problems: [],
    warnings: [...warnings, ...(roles.has('creditCode') ? [] : codesElsewhere(rows, own))],
    replaced: 0,
    columns: { creditCode: headerOf('creditCode'), regNo: headerOf('regNo'), name: headerOf('name') },
  };
  for (const row of rows) {
    const read = readRow(row, headers.length, roles, own);
    if (typeof read === 'string') {
      result.problems.push(`line ${row.line}: ${read}`);
      continue;
    }
    const { member, doubts } = read;
    result.warnings.push(...doubts.map((doubt) => `line ${row.line}: ${doubt}`));
    const earlier = found.get(member.member);
    if (earlier && isOfTwo(earlier.member, member)) {
      result.problems.push(
        `line ${row.line}: ${member.member} is also in line ${earlier.line}, but not with the same name: correct the number or the name, or remove one of the rows`,
      );
      continue;
    }
    if (earlier) {
      result.replaced += 1;
      result.warnings.push(
        `line ${row.line} is about the same customer as line ${earlier.line} (${member.member}): line ${row.line} is used`,
      );
    }
    found.set(member.member, { line: row.line, member });
  }
  result.members = [...found.values()].map(({ member }) => member);
  return result;
}

/**
 * Whether two rows with the same number have different names, and it is not a valid credit code. They are two customers, and not one
 * that is listed twice: people enter numbers such as 123456789012345 for customers whose number they do not know.
 */
const isOfTwo = (one: Member, other: Member): boolean =>
  !isCreditCode(one.member) && normalizeName(one.name ?? '') !== normalizeName(other.name ?? '');

/** Own columns that hold credit codes, in a file whose column of credit codes is not known. */
const codesElsewhere = (rows: readonly Row[], own: Columns['own']): string[] =>
  own
    .filter(({ at }) => rows.some(({ cells }) => holdsCreditCode(cells[at]?.text ?? '')))
    .map(
      ({ name }) =>
        `the column ${name} has credit codes: name it 统一社会信用代码, so that customers are found by them`,
    );

/** Most cells of most files are shorter than a code, and normalizing them all would take long. */
const holdsCreditCode = (text: string): boolean =>
  text.length >= 18 && isCreditCode(normalizeCode(withoutApostrophe(text)));

/** What people write where nothing is known, and what a lookup gives for an empty cell. The text is in NFKC, without blanks. */
const NOTHING = /^(\p{Pd}+|\/+|0+|(\d)\2{2,}|无|没有|暂无|空|不详|未知|未提供|待办理|待补充|null|n\/?a)$/iu;

/** What reports have below the customers. The text is in NFKC, without blanks. */
const TOTAL_OR_NOTE =
  /^(?:(?:本页)?(?:合计|小计|总计|共计)(?:[:(\d].*)?|共\d+[条户家笔行个].*|(?:制表|填表|制单|审核|复核)(?:人|日期|时间|:).*)$/;

function readRow(
  { cells }: Row,
  width: number,
  roles: ReadonlyMap<Role, number>,
  own: Columns['own'],
): { member: Member; doubts: string[] } | string {
  const cell = (role: Role): Cell => cells[roles.get(role) ?? -1] ?? cellOf('');
  for (const role of ROLES) {
    const { problem, digitsLost } = cell(role);
    if (problem !== null) return problem;
    if (digitsLost !== null && role !== 'name') return digitsLost;
    const text = withoutApostrophe(cell(role).text);
    if (TOTAL_OR_NOTE.test(normalizeName(text))) return `${text} is a total or a note, not a customer: remove the row`;
  }
  if (cells.slice(width).some(({ text }) => text !== ''))
    return `it has more cells than the header: put a cell that holds the delimiter into quotes`;
  const bytes = cells.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > LIMITS.rowBytes) return `the row has more than ${LIMITS.rowBytes} bytes: shorten its cells`;

  const doubts: string[] = [];
  const codeCellOf = (role: Role): string | null => {
    const code = codeOf(cell(role).text);
    if (code === null || !isIdentityNumber(code)) return code;
    doubts.push('the number of an identity card is left out: the feed has none');
    return null;
  };
  const codeCell = codeCellOf('creditCode');
  const regCell = codeCellOf('regNo');
  const { creditCode, regNo } = inTheirRoles(codeCell, regCell);
  // Copied from a web page, a name may hold characters that nobody sees.
  const text = withoutApostrophe(cell('name').text.replace(/\p{Cf}/gu, ''));
  const name = NOTHING.test(normalizeName(text)) ? '' : text;
  const member = creditCode ?? regNo ?? normalizeName(name);
  if (member === '')
    return 'neither a credit code nor a registration number nor a name: fill one in, or remove the row';
  const attributes = Object.fromEntries(
    own.map(({ at, name: column }) => [column, cells[at]?.text ?? ''] as const).filter(([, text]) => text !== ''),
  );
  return {
    member: { member, creditCode, regNo, name: name === '' ? null : name, attributes },
    doubts: [...doubts, ...doubtsOf(creditCode, regNo), ...own.flatMap(({ at }) => cells[at]?.digitsLost ?? [])],
  };
}

/** Normalizes a code. Returns null if the cell is empty or holds a placeholder such as 无. */
function codeOf(text: string): string | null {
  const code = normalizeCode(withoutApostrophe(text));
  return code === '' || NOTHING.test(code) ? null : code;
}

/** People keep both kinds of number in one column, or write the same number into both. */
function inTheirRoles(code: string | null, number: string | null): Pick<Member, 'creditCode' | 'regNo'> {
  const only = code === number || number === null ? code : code === null ? number : null;
  if (only === null) return { creditCode: code, regNo: number };
  const isNumber = isRegistrationNumber(only) || (code === null && !isCreditCode(only));
  return isNumber ? { creditCode: null, regNo: only } : { creditCode: only, regNo: null };
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
