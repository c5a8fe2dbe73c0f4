import { PortfolioFileError } from '../portfolio-file-error.ts';
import { LIMITS, type Row, withoutApostrophe } from './row.ts';

export const ROLES = ['creditCode', 'regNo', 'name'] as const;
export type Role = (typeof ROLES)[number];

/**
 * Headers that are known, as `foldHeader` writes them. If several columns fit a role, the header that comes first here is used. The
 * last ones often name something else: the bank's branch, a person, or a tax number.
 */
const HEADERS: Readonly<Record<Role, readonly string[]>> = {
  creditCode: [
    '统一社会信用代码',
    '社会统一信用代码',
    '统一信用代码',
    '社会信用代码',
    '信用代码',
    '统一社会信用代码/注册号',
    '统一社会信用代码(注册号)',
    '统一社会信用代码证号',
    'creditcode',
    'unifiedsocialcreditcode',
    'socialcreditcode',
    'uscc',
    'usci',
    '纳税人识别号',
  ],
  regNo: [
    '注册号',
    '工商注册号',
    '企业注册号',
    '工商登记号',
    '营业执照号',
    '营业执照注册号',
    'regno',
    'registrationno',
    'registrationnumber',
  ],
  name: [
    '企业名称',
    '公司名称',
    '客户名称',
    '单位名称',
    '商户名称',
    '供应商名称',
    '企业名',
    '公司名',
    '名称',
    'companyname',
    'corpname',
    'customername',
    'company',
    '机构名称',
    'name',
  ],
};

const foldHeader = (header: string): string =>
  withoutApostrophe(header.trim())
    .normalize('NFKC')
    .replace(/[\s\p{Z}\p{Cc}\p{Cf}_*:-]/gu, '')
    .toLowerCase();

/** A note in brackets at the end of a header, such as (必填). */
const NOTE = /\([^()]*\)$/;

type KnownHeader = {
  role: Role;
  /** Its place in the list of the role, and a little more if it has a note. The header with the lowest rank is used. */
  rank: number;
};
const OF_A_NOTE = 0.5;

function knownHeader(header: string): KnownHeader | null {
  const exact = foldHeader(header);
  const withoutNote = exact.replace(NOTE, '');
  for (const role of ROLES) {
    const names = HEADERS[role];
    if (names.includes(exact)) return { role, rank: names.indexOf(exact) };
    if (names.includes(withoutNote)) return { role, rank: names.indexOf(withoutNote) + OF_A_NOTE };
  }
  return null;
}

/** Such a cell is usually the label of the cell next to it, in a title above the table. */
const ENDS_IN_COLON = /[:：]\s*$/;
const OF_A_TITLE = 0.1;

/** How many of the three roles these cells name as headers. Those with a colon count little. */
export const headerScore = (cells: readonly string[]): number => {
  const rolesOf = (chosen: readonly string[]) =>
    new Set(chosen.map((cell) => knownHeader(cell)?.role).filter((role) => role !== undefined)).size;
  return rolesOf(cells.filter((cell) => !ENDS_IN_COLON.test(cell))) + OF_A_TITLE * rolesOf(cells);
};

export type Columns = {
  /** The rows below the header, without those that repeat it. */
  rows: readonly Row[];
  /** The header. */
  headers: readonly string[];
  /** The column of each role, from 0. */
  roles: ReadonlyMap<Role, number>;
  /** The columns that are kept as they are. */
  own: readonly { at: number; name: string }[];
  warnings: readonly string[];
};

/** The header is among these. */
export const HEAD_ROWS = 10;

/**
 * Takes the row that names the most roles among the first ten as the header, because titles and labels may be above it. If several
 * rows name as many, it takes the one with the most filled cells, and the last one of these.
 * @throws PortfolioFileError
 */
export function findColumns(rows: readonly Row[]): Columns {
  if (rows.length === 0)
    throw new PortfolioFileError('the table is empty: it needs a header and a row for each customer');
  const head = rows.slice(0, HEAD_ROWS);
  const scores = head.map(({ cells }) => headerScore(cells.map(({ text }) => text)));
  const best = Math.max(...scores);
  if (best === 0) {
    throw new PortfolioFileError(
      `no header is known among the first rows: name a column 统一社会信用代码, 注册号 or 企业名称 (credit_code, reg_no, name); line ${head[0]!.line} has ${listed(head[0]!.cells.map(({ text }) => text))}`,
    );
  }
  const at = chooseHeader(
    head.map(({ cells }, index) => (scores[index] === best ? cells.map(({ text }) => text) : [])),
  );
  const header = rows[at]!;
  const headers = header.cells.map(({ text }) => text);
  if (headers.length > LIMITS.columns) {
    throw new PortfolioFileError(
      `line ${header.line} has ${headers.length} columns, and at most ${LIMITS.columns} are read: remove the others`,
    );
  }
  const columns = assignColumns(headers, header.line);
  const customers = rows.slice(at + 1).filter((row) => !repeatsHeader(row, columns.roles));
  return { rows: customers, headers, ...columns };
}

/** The index of the last candidate that has the most filled cells. If the header is repeated, the first one counts. */
function chooseHeader(candidates: readonly (readonly string[])[]): number {
  const filled = candidates.map((cells) => cells.filter((text) => text !== '').length);
  const chosen = candidates[filled.lastIndexOf(Math.max(...filled))]!;
  return candidates.findIndex(
    (cells) => cells.length === chosen.length && cells.every((text, at) => text === chosen[at]),
  );
}

/** Reports of several pages repeat the header on each page. */
function repeatsHeader({ cells }: Row, roles: Columns['roles']): boolean {
  const filled = [...roles]
    .map(([role, at]) => ({ role, text: cells[at]?.text ?? '' }))
    .filter(({ text }) => text !== '');
  return filled.length > 0 && filled.every(({ role, text }) => knownHeader(text)?.role === role);
}

function assignColumns(headers: readonly string[], line: number): Pick<Columns, 'roles' | 'own' | 'warnings'> {
  const known = headers.map(knownHeader);
  const roles = new Map<Role, number>();
  for (const [at, header] of known.entries()) {
    const best = header && known[roles.get(header.role) ?? -1];
    if (header && (!best || header.rank < best.rank)) roles.set(header.role, at);
  }
  const own: { at: number; name: string }[] = [];
  const names = new Set<string>();
  const warnings: string[] = [];
  for (const [at, header] of headers.entries()) {
    const role = known[at]?.role;
    const usedAt = role && roles.get(role);
    if (usedAt === at) continue;
    const used = headers[usedAt ?? -1];
    if (used !== undefined && foldHeader(used) === foldHeader(header)) {
      throw new PortfolioFileError(`line ${line} has the header ${header} twice: rename or remove one of the columns`);
    }
    if (used !== undefined) {
      warnings.push(`line ${line}: ${header} is kept as an additional column, because ${used} is used instead`);
    }
    const wanted = header === '' ? `column ${at + 1}` : header;
    let name = wanted;
    for (let count = 2; names.has(name); count += 1) name = `${wanted} (${count})`;
    if (name !== wanted) warnings.push(`line ${line} has the header ${wanted} twice: the second is kept as ${name}`);
    names.add(name);
    own.push({ at, name });
  }
  return { roles, own, warnings };
}

const listed = (headers: readonly string[]): string =>
  headers
    .slice(0, 5)
    .map((header) => header.slice(0, 30) || '(nothing)')
    .join(', ');
