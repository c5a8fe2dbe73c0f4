/** Questions of analysts: a query on the public views, and the best queries that one could write by hand instead. */

export type Question = {
  what: string;
  /** The query, with `{{db}}` and `{{account}}`. `{{company}}`, `{{id}}` and `{{order}}` have other values in each round. */
  asked: string;
  /** Name → a query with the same answer. */
  byHand: Readonly<Record<string, string | Inlined>>;
};

/** The query of a view, with a condition added to each read of its tables. The best possible planner would do this. */
export type Inlined = {
  select: string;
  view: string;
  /** Table of the view → condition. */
  where: Readonly<Record<string, string>>;
  /** A condition on the rows of the view, and their GROUP BY. */
  having?: string;
};

const TIMELINE = 'id, order_no, revision, position, push_date, type, category, detail_status';
const OCCURRENCE = 'account, corp_key_no, id, push_date, order_no, revision, position';
const ONE_OF_EACH = `ORDER BY ${OCCURRENCE}, version DESC LIMIT 1 BY ${OCCURRENCE}`;

/** Questions about few rows. A good query does not read the other rows. */
export const LOOKUPS: readonly Question[] = [
  {
    what: "a company's timeline, record_history",
    asked: `SELECT ${TIMELINE} FROM {{db}}.record_history FINAL WHERE account = '{{account}}' AND corp_key_no = '{{company}}'`,
    byHand: {
      'LIMIT 1 BY': `SELECT ${TIMELINE} FROM {{db}}.record_history PREWHERE account = '{{account}}' AND corp_key_no = '{{company}}' ${ONE_OF_EACH}`,
    },
  },
  {
    what: "a company's timeline, record_history_masked",
    asked: `SELECT ${TIMELINE} FROM {{db}}.record_history_masked WHERE corp_key_no = '{{company}}'`,
    byHand: {
      'LIMIT 1 BY': `SELECT ${TIMELINE} FROM {{db}}.record_history PREWHERE account = '{{account}}' AND corp_key_no = '{{company}}' ${ONE_OF_EACH}`,
    },
  },
  {
    what: "an id's history, record_history",
    asked: `SELECT ${TIMELINE} FROM {{db}}.record_history FINAL WHERE id = '{{id}}'`,
    byHand: {
      'LIMIT 1 BY': `SELECT ${TIMELINE} FROM {{db}}.record_history PREWHERE account = '{{account}}' AND id = '{{id}}' ${ONE_OF_EACH}`,
    },
  },
  {
    what: "an id's current row, records",
    asked: `SELECT ${TIMELINE} FROM {{db}}.records WHERE id = '{{id}}'`,
    byHand: {
      'LIMIT 1': `SELECT ${TIMELINE} FROM {{db}}.record_current PREWHERE account = '{{account}}' AND id = '{{id}}' ORDER BY version DESC LIMIT 1`,
    },
  },
];

const STATE_BY_HAND = {
  argMax: `SELECT of.1 AS type, of.2 AS category, count() FROM (
    SELECT argMax((type, category), version) AS of FROM {{db}}.record_current PREWHERE account = '{{account}}' GROUP BY id
  ) GROUP BY type, category`,
  'LIMIT 1 BY': `SELECT type, category, count() FROM (
    SELECT type, category FROM {{db}}.record_current PREWHERE account = '{{account}}'
    ORDER BY account, id, version DESC LIMIT 1 BY account, id
  ) GROUP BY type, category`,
  'FINAL on the table': `SELECT type, category, count() FROM {{db}}.record_current FINAL
    WHERE account = '{{account}}' GROUP BY type, category`,
};
const REGION = 'substring(credit_code, 3, 6) AS region';

/** Questions about all rows. */
export const SCANS: readonly Question[] = [
  {
    what: 'current state by type and category, records',
    asked: `SELECT type, category, count() FROM {{db}}.records GROUP BY type, category`,
    byHand: STATE_BY_HAND,
  },
  {
    what: 'current state by type and category, records_masked',
    asked: `SELECT type, category, count() FROM {{db}}.records_masked GROUP BY type, category`,
    byHand: STATE_BY_HAND,
  },
  {
    what: 'daily counts by type and region, record_history',
    asked: `SELECT push_day, type, ${REGION}, count() FROM {{db}}.record_history FINAL GROUP BY push_day, type, region`,
    byHand: {
      uniqExact: `SELECT push_day, type, ${REGION}, uniqExact(order_no, revision, position) FROM {{db}}.record_history
        PREWHERE account = '{{account}}' GROUP BY push_day, type, region`,
      'LIMIT 1 BY': `SELECT push_day, type, region, count() FROM (
        SELECT push_day, type, ${REGION} FROM {{db}}.record_history PREWHERE account = '{{account}}' ${ONE_OF_EACH}
      ) GROUP BY push_day, type, region`,
    },
  },
  {
    what: 'exceptions by day, exceptions',
    asked: `SELECT add_day, count() FROM {{db}}.exceptions GROUP BY add_day`,
    byHand: {
      argMax: `SELECT toDate32(each.add_date) AS day, count() FROM (
        SELECT argMax(exceptions, version) AS all FROM {{db}}.record_current PREWHERE account = '{{account}}' GROUP BY id
      ) ARRAY JOIN all AS each GROUP BY day`,
      'FINAL on the table': `SELECT toDate32(each.add_date) AS day, count() FROM {{db}}.record_current FINAL
        ARRAY JOIN exceptions AS each WHERE type = '2' GROUP BY day`,
    },
  },
];

const SETS = `bitmapCardinality(groupBitmapMergeState(parsed)) AS parsed, bitmapCardinality(groupBitmapMergeState(stored)) AS stored`;
export const LEDGER: readonly Question[] = [
  {
    what: 'all orders, orders',
    asked: `SELECT * FROM {{db}}.orders`,
    byHand: {},
  },
  {
    what: 'what all orders hold, orders',
    asked: `SELECT order_no, parsed, stored FROM {{db}}.orders`,
    byHand: {
      'GROUP BY': `SELECT order_no, parsed, stored FROM (
        SELECT order_no, ${SETS} FROM {{db}}.order_ledger WHERE account = '{{account}}'
        GROUP BY order_no, revision ORDER BY order_no, revision DESC LIMIT 1 BY order_no
      )`,
    },
  },
  {
    what: 'one order, orders',
    asked: `SELECT * FROM {{db}}.orders WHERE order_no = '{{order}}'`,
    byHand: {},
  },
];
