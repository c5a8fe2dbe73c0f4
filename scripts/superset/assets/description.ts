/** How datasets, charts and dashboards are described. `render-assets.ts` turns a description into Superset's files. */

/** A view of ClickHouse. Labels and descriptions of its columns come from ClickHouse's comments. */
export type Dataset = {
  /** By default the name of the view. A view may have several datasets. */
  name?: string;
  view: string;
  label: string;
  /** The column of type Date by which Superset filters times. */
  timeColumn?: string;
  /** Shorter labels than the comments begin with. */
  labels?: Readonly<Record<string, string>>;
  metrics: readonly Metric[];
  /** Reads the view with more columns, which a filter of a dashboard needs. `{db}` is the database. */
  extended?: { sql: string; columns: readonly Column[] };
  /** Columns that Superset computes, such as the Chinese name of a code. */
  calculated?: readonly CalculatedColumn[];
};

export type CalculatedColumn = { name: string; label: string; expression: string; type?: 'Date' | 'String' };

export type Metric = {
  name: string;
  label: string;
  expression: string;
  /** In D3's notation, such as `,d`. */
  format: string;
  description?: string;
};

type Value = string | number | boolean;
export type Filter = {
  column: string;
  operator: '==' | '!=' | 'IN' | 'NOT IN' | 'IS NOT NULL' | 'IS NULL';
  value?: Value | Value[];
};

type AnyChart = {
  /** Part of the file's name, and of the id by which an import finds the chart again. */
  key: string;
  title: string;
  /** Shown at the chart; says what is counted and how. */
  description?: string;
  /** Name of a dataset. */
  dataset: string;
  filters?: readonly Filter[];
  /**
   * The same answer in SQL, written without Superset: as many columns, in the same order. `{db}` is the database. A chart over
   * time with series has the columns day, series, value.
   */
  expected: string;
};

export type Chart = AnyChart &
  (
    | { kind: 'number'; metric: string; subtitle?: string }
    /** Bars over days or months. */
    | { kind: 'time'; metrics: readonly string[]; over: string; per: 'day' | 'month'; series?: string; stack?: boolean }
    /** Horizontal bars, the greatest on top. */
    | { kind: 'ranking'; metric: string; by: string; limit: number }
    | { kind: 'table'; by: readonly string[]; metrics: readonly string[]; orderBy: OrderBy; limit: number }
    | { kind: 'rows'; columns: readonly string[]; orderBy: { column: string; descending: boolean }[]; limit: number }
  );

type OrderBy = { metric: string; descending: boolean };

/** Charts of one row; the widths are in twelfths of the page. */
export type Row = { height: number; charts: readonly { key: string; width: number }[] };

export type DashboardFilter =
  | { kind: 'choice'; label: string; dataset: string; column: string; description?: string }
  | { kind: 'time'; label: string; description?: string };

export type Dashboard = {
  slug: string;
  title: string;
  /** A few lines of Markdown on top, for a reader who sees it for the first time. */
  introduction: string;
  filters: readonly DashboardFilter[];
  rows: readonly Row[];
};

export type Description = {
  datasets: readonly Dataset[];
  charts: readonly Chart[];
  dashboards: readonly Dashboard[];
};

export const nameOf = ({ name, view }: Dataset): string => name ?? view;

/** A column as ClickHouse knows it. */
export type Column = { name: string; type: string; comment: string };
/** A view as ClickHouse knows it. */
export type View = { comment: string; columns: readonly Column[] };
