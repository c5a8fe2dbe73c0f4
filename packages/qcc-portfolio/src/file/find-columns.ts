import { PortfolioFileError } from '../portfolio-file-error.ts';
import { LIMITS, type Row } from './row.ts';

export const ROLES = ['creditCode', 'regNo', 'name'] as const;
export type Role = (typeof ROLES)[number];

/** Headers that are known, as `foldHeader` writes them. */
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
    '纳税人识别号',
    'creditcode',
    'unifiedsocialcreditcode',
    'socialcreditcode',
    'uscc',
    'usci',
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
    '机构名称',
    '商户名称',
    '供应商名称',
    '企业名',
    '公司名',
    '名称',
    'name',
    'companyname',
    'corpname',
    'customername',
    'company',
  ],
};

const foldHeader = (header: string): string =>
  header
    .normalize('NFKC')
    .replace(/[\s\p{Z}\p{Cc}\p{Cf}_*:-]/gu, '')
    .toLowerCase();

/** A note in brackets at the end of a header, such as (必填). */
const NOTE = /\([^()]*\)$/;

const roleOf = (header: string): Role | null => {
  const folded = foldHeader(header);
  const names = [folded, folded.replace(NOTE, '')];
  return ROLES.find((role) => names.some((name) => HEADERS[role].includes(name))) ?? null;
};

/** Such a cell is usually the label of the cell next to it, in a title above the table. */
const ENDS_IN_COLON = /[:：]\s*$/;
const OF_A_TITLE = 0.1;

/** How many of the three roles these cells name as headers. Those with a colon count little. */
export const headerScore = (cells: readonly string[]): number => {
  const rolesOf = (chosen: readonly string[]) => new Set(chosen.map(roleOf).filter((role) => role !== null)).size;
  return rolesOf(cells.filter((cell) => !ENDS_IN_COLON.test(cell))) + OF_A_TITLE * rolesOf(cells);
};

export type Columns = {
  /** What is below the header. */
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
 * Takes the row that names the most roles among the first ten as the header, because titles may be above it.
 * @throws PortfolioFileError
 */
export function findColumns(rows: readonly Row[]): Columns {
  if (rows.length === 0)
    throw new PortfolioFileError('the table is empty: it needs a header and a row for each customer');
  const head = rows.slice(0, HEAD_ROWS);
  const scores = head.map(({ cells }) => headerScore(cells.map(({ text }) => text)));
  const best = Math.max(...scores);
  const at = scores.indexOf(best);
  if (best === 0) {
    throw new PortfolioFileError(
      `no header is known among the first rows: name a column 统一社会信用代码, 注册号 or 企业名称 (credit_code, reg_no, name); line ${head[0]!.line} has ${listed(head[0]!.cells.map(({ text }) => text))}`,
    );
  }
  const header = rows[at]!;
  const headers = header.cells.map(({ text }) => text);
  if (headers.length > LIMITS.columns) {
    throw new PortfolioFileError(
      `line ${header.line} has ${headers.length} columns, and at most ${LIMITS.columns} are read: remove the others`,
    );
  }
  return { rows: rows.slice(at + 1), headers, ...assignColumns(headers, header.line) };
}

function assignColumns(headers: readonly string[], line: number): Pick<Columns, 'roles' | 'own' | 'warnings'> {
  const roles = new Map<Role, number>();
  const own: { at: number; name: string }[] = [];
  const names = new Set<string>();
  const warnings: string[] = [];
  for (const [at, header] of headers.entries()) {
    const role = roleOf(header);
    const first = role === null ? undefined : roles.get(role);
    if (role !== null && first === undefined) {
      roles.set(role, at);
      continue;
    }
    if (first !== undefined && foldHeader(headers[first]!) === foldHeader(header)) {
      throw new PortfolioFileError(`line ${line} has the header ${header} twice: rename or remove one of the columns`);
    }
    if (first !== undefined) {
      warnings.push(
        `line ${line}: ${header} is kept as an additional column, because ${headers[first]} comes before it`,
      );
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
