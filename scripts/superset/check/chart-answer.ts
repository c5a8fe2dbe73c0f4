/** One result of `/api/v1/chart/data`: Superset's answer to the query of a chart. */
export type ChartAnswer = {
  status?: string;
  error?: string | null;
  /** The SQL that ran. */
  query?: string;
  colnames: string[];
  /** 2 stands for a time. */
  coltypes: number[];
  data: Record<string, unknown>[];
};

const TEMPORAL = 2;

/** Columns and rows of an answer; times, which come in milliseconds since 1970, as days. */
export function rowsOf({ colnames, coltypes, data }: ChartAnswer): Record<string, unknown>[] {
  return data.map((row) =>
    Object.fromEntries(
      colnames.map((name, index) => {
        const value = row[name] ?? null;
        const isTime = coltypes[index] === TEMPORAL && typeof value === 'number';
        return [name, isTime ? new Date(value).toISOString().slice(0, 10) : value];
      }),
    ),
  );
}
