import { parseDay } from 'qcc-core/base/shanghai-time';
import type { AnalystQuery, QueryParameter } from './read-queries.ts';

export type QueryTarget = {
  database: string;
  account: string;
  /** Whether the query reads the masked views, which have no personal data. */
  masked: boolean;
  /** Name → a day as YYYY-MM-DD, or a text. */
  values?: Readonly<Record<string, string>>;
};

/** A value is missing, does not fit its parameter, or has no parameter. The message names the parameter and the remedy. */
export class QueryValueError extends Error {
  override readonly name = 'QueryValueError';
}

/**
 * Returns the SQL of a query, ready to run in any client. Its values are literals, because BI tools cannot send ClickHouse parameters.
 * @throws QueryValueError
 */
export function renderQuery(query: AnalystQuery, { database, account, masked, values = {} }: QueryTarget): string {
  const unknown = Object.keys(values).find((name) => !query.parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined) throw new QueryValueError(`${query.name} has no parameter ${unknown}: ${describe(query)}`);
  const filled = new Map([
    ['db', database],
    ['masked', masked ? '_masked' : ''],
    ['account', literal(account)],
    ...query.parameters.map(
      (parameter) => [parameter.name, expressionOf(query, parameter, values[parameter.name])] as const,
    ),
  ]);
  return query.template.replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    const value = filled.get(name);
    if (value === undefined) throw new Error(`query ${query.name}: ${placeholder} is not one of its parameters`);
    return value;
  });
}

function expressionOf(
  query: AnalystQuery,
  { name, kind, fallback }: QueryParameter,
  given: string | undefined,
): string {
  if (given === undefined && fallback === undefined)
    throw new QueryValueError(`${query.name} needs ${name}: ${describe(query)}`);
  if (kind === 'text') return literal(given ?? fallback ?? '');
  if (given === undefined) return fallback ?? '';
  // ClickHouse would take 2026-02-30 for 2 March, and a year before 1970 for 1970.
  if ((parseDay(given) ?? -1) < 0) {
    throw new QueryValueError(`${name} of ${query.name} is a day such as 2026-03-16, and not ${given}`);
  }
  return `toDate('${given}')`;
}

const describe = ({ parameters }: AnalystQuery): string =>
  parameters.length === 0 ? 'it has none' : parameters.map(({ name, comment }) => `${name}（${comment}）`).join('，');

const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
