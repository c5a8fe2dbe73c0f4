/** The migrations that give a list of details its columns and its views. */
import {
  columnOf,
  type DetailEndpoint,
  type DetailField,
  type DetailList,
  type FieldKind,
  firstFields,
  laterColumnOf,
  laterFields,
  maskedViewOf,
  viewsOf,
} from '../../packages/qcc-details/src/detail-endpoint.ts';

const TYPES: Readonly<Record<FieldKind, string>> = {
  id: 'String',
  text: 'Nullable(String)',
  day: 'Nullable(Date32)',
  instant: `Nullable(DateTime64(3, 'Asia/Shanghai'))`,
  amount: 'Nullable(Decimal(20, 2))',
};

const PERSONAL = '【个人信息】';
const dayOf = (comment: string): string => `${comment}（北京时间）`;
/** Comments of migrations 008 and 019: the shared lists of columns still have those before them. */
const LATER_COMMENTS: Readonly<Record<string, string>> = {
  credit_code: `${PERSONAL}统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者`,
  reg_no: `${PERSONAL}工商注册号；缺失时为空；个体工商户的注册号可识别经营者`,
  event_date:
    '事件日期（北京时间），取自附加信息的 date 字段：经营异常、严重违法为最近一次列入的日期，失信被执行人为最近一次发布的日期，吊销或注销为吊销、注销的日期；移出类变更仍为列入日期，而非移出日期；其他类型未作约定，缺失或无法解析时为空',
};

/** A column of a view: its definition, and the expression it is made of. */
type Column = { name: string; type: string; comment: string; sql: string };
/** A column of the tables of records, which `records` has, too. */
export type RecordColumn = { name: string; type: string; comment: string };

/**
 * The columns of the view that shows the rows as QCC sent them. Their values come from a row named `detail`. Those of later fields come
 * from the columns of these fields, by the number of the row. Records that were stored before such a column have no items in it, so the
 * value is null. If these columns were in the ARRAY JOIN, every query would read them.
 */
export const viewColumns = (list: DetailList): Column[] => [
  ...firstFields(list).flatMap((field) => fieldColumns(field, `detail.${columnOf(field.name)}`)),
  ...laterFields(list).flatMap((field) => fieldColumns(field, `record.${laterColumnOf(list, field)}[detail_no]`)),
];

/** Those of the view for analysts, from the view before. */
export const maskedColumns = (list: DetailList): Column[] =>
  [...firstFields(list), ...laterFields(list)].flatMap(maskedFieldColumns);

function maskedFieldColumns(field: DetailField): Column[] {
  const { masked } = field;
  if (masked) return [{ name: columnOf(masked.name), type: TYPES.text, comment: masked.comment, sql: masked.sql }];
  if (field.isPersonal) return [];
  return fieldColumns(field, '').map((column) => ({ ...column, sql: column.name }));
}

function fieldColumns({ name, kind, comment, dayComment, isPersonal }: DetailField, sql: string): Column[] {
  const column = columnOf(name);
  const said = kind === 'day' ? dayOf(comment) : comment;
  const own = { name: column, type: TYPES[kind], comment: `${isPersonal ? PERSONAL : ''}${said}`, sql };
  // The audit reads dates by the names of their columns.
  if ((kind === 'instant' || kind === 'day') && !/_(at|date)$/.test(column)) {
    throw new Error(`the ${kind} ${name} needs a name that ends in At or Date`);
  }
  if (kind !== 'instant') return [own];
  if (dayComment === undefined) throw new Error(`the instant ${name} needs a dayComment`);
  const day = column.replace(/_(at|date)$/, '_day');
  return [own, { name: day, type: TYPES.day, comment: dayOf(dayComment), sql: `toDate32(${sql})` }];
}

/** Whether a list is complete: columns of no endpoint. */
const COMPLETENESS: readonly RecordColumn[] = [
  {
    name: 'details_complete',
    type: 'Nullable(Bool)',
    comment:
      '详情是否完整：true 完整，false 不完整（原因见 details_incomplete_reason），空为无企查查应答或由早期版本写入、未作检查',
  },
  {
    name: 'details_incomplete_reason',
    type: 'LowCardinality(Nullable(String))',
    comment:
      '详情不完整的原因：INCOMPLETE_TOTAL 企查查所报总数多于实收，REPEATED_PAGE 未到末页即返回重复内容，TOO_MANY_PAGES 超过 500 页，ODD_ROWS 有无法读取的条目被略去',
  },
  {
    name: 'details_odd_rows',
    type: 'UInt32',
    comment: '因无法读取（如失信案件缺少 id）而略去的详情条数，计入 details_total，原文见留存的应答',
  },
];

/** The last column of records and of the views of details: the masked views show it for a 个体工商户. */
const PSEUDONYM: RecordColumn = {
  name: 'owner_pseudonym',
  type: 'Nullable(String)',
  comment:
    '企业的带密钥假名：由 sink 按账号与企业 KeyNo 计算（HMAC-SHA256），用于在脱敏视图中区分个体工商户；未设置 PSEUDONYM_KEY 或由早期版本写入时为空',
};

/** The columns of a list in the tables of records: its own, then those of later fields. */
export const recordColumnsOf = ({ type, list }: Pick<DetailEndpoint, 'type' | 'list'>): RecordColumn[] => {
  const name = columnOf(list.name);
  const tuple = firstFields(list).map((field) => `    ${columnOf(field.name)} ${TYPES[field.kind]}`);
  return [
    {
      name,
      type: `Array(Tuple(\n${tuple.join(',\n')}\n  ))`,
      comment: `${PERSONAL}${list.title}详情（类型 ${type}），逐条见视图 ${name}`,
    },
    ...laterFields(list).map((field) => ({
      name: laterColumnOf(list, field),
      type: `Array(${TYPES[field.kind]})`,
      comment: `${field.isPersonal ? PERSONAL : ''}${list.title}详情，与 ${name} 逐条对应：${field.comment}`,
    })),
  ];
};

/** All columns of records that follow from these endpoints and are not in `columns/record`, in their order. */
export const addedColumns = (endpoints: readonly DetailEndpoint[], recordColumns: string): RecordColumn[] =>
  [...COMPLETENESS, ...endpoints.flatMap(recordColumnsOf)].filter(
    ({ name }) => !recordColumns.includes(`\n  ${name} `),
  );

const CREATE_VIEW = 'CREATE VIEW IF NOT EXISTS';
const REPLACE_VIEW = 'CREATE OR REPLACE VIEW';

type Input = {
  /** The text of the list `columns/record`. */
  recordColumns: string;
  /** The text of the list `columns/detail`. */
  detailColumns: string;
  /** All columns that follow from the endpoints up to the last one of this migration, see `addedColumns`. */
  added: readonly RecordColumn[];
};

/** The text of the migration of a new endpoint, with the placeholders of its target. */
export function renderMigration(endpoint: DetailEndpoint, { recordColumns, detailColumns, added }: Input): string {
  const { type, list } = endpoint;
  const own = recordColumnsOf(endpoint);
  return `-- ${list.title} (type ${type}): ${firstFields(list).length} fields of each row, and ${laterFields(list).length} that follow from them.
-- Generated once by scripts/generate-detail-endpoints.ts.
${addColumns(own, added)}
${replaceRecords(recordColumns, added)}
${detailViews(list, CREATE_VIEW, detailColumns)}
${maskedView(list, CREATE_VIEW)}`;
}

/**
 * The text of the migration that gives fields of older lists their columns. A masked view is replaced only if one of these fields is
 * for analysts.
 */
export function renderFieldsMigration(
  endpoints: readonly DetailEndpoint[],
  missing: readonly RecordColumn[],
  { recordColumns, detailColumns, added }: Input,
): string {
  const isMissing = ({ name }: { name: string }) => missing.some((column) => column.name === name);
  const lists = endpoints
    .filter((endpoint) => recordColumnsOf(endpoint).some(isMissing))
    .flatMap(({ list }) => {
      const views = detailViews(list, REPLACE_VIEW, detailColumns);
      const fields = laterFields(list).filter((field) => isMissing({ name: laterColumnOf(list, field) }));
      return fields.some((field) => maskedFieldColumns(field).length > 0)
        ? [views, maskedView(list, REPLACE_VIEW)]
        : [views];
    });
  return `-- Later fields of details have columns of their own, an item for each row: the type of a list's column stays, so a sink of an
-- earlier version goes on. Generated once by scripts/generate-detail-endpoints.ts.
${addColumns(missing, added)}
${replaceRecords(recordColumns, added)}
${lists.join('\n')}`;
}

/** The columns go into the table behind the materialized view first: rows may come at any moment. */
const addColumns = (columns: readonly RecordColumn[], added: readonly RecordColumn[]): string => {
  const before = ({ name }: RecordColumn): string => {
    const at = added.findIndex((column) => column.name === name);
    return at === 0 ? 'details_truncated' : at === COMPLETENESS.length ? 'dishonest_debtors' : added[at - 1]!.name;
  };
  return ['record_current', 'record_history', 'record_derivations']
    .map(
      (table) => `ALTER TABLE {{database}}.${table} {{on_cluster}}
${columns.map((column) => `  ADD COLUMN IF NOT EXISTS ${definitionOf(column)} AFTER ${before(column)}`).join(',\n')}
;
`,
    )
    .join('\n');
};

const replaceRecords = (
  recordColumns: string,
  added: readonly RecordColumn[],
): string => `ALTER TABLE {{database}}.record_current_feed {{on_cluster}} MODIFY QUERY
SELECT * FROM {{database}}.record_history
;

-- The view takes its columns from the query again, without their comments.
ALTER TABLE {{database}}.record_current_feed {{on_cluster}}
${[...recordComments(recordColumns), ...added, PSEUDONYM].map(({ name, comment }) => `  COMMENT COLUMN ${name} '${comment}'`).join(',\n')}
;

CREATE OR REPLACE VIEW {{database}}.records {{on_cluster}} (
${withLaterComments(recordColumns)},
${definitions(added)}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.record_current FINAL
COMMENT '变更记录当前状态：每个账号与记录 ID 一行，取最大版本'
;
`;

function detailViews(list: DetailList, create: string, detailColumns: string): string {
  const [view, ...aliases] = viewsOf(list) as [string, ...string[]];
  const createView = (name: string, select: string, comment: string) => `${create} {{database}}.${name} {{on_cluster}} (
${withLaterComments(detailColumns)},
${definitions([...viewColumns(list), PSEUDONYM])}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS ${select}
COMMENT '${list.title}详情，${comment}'
;
`;
  // The row may have an id, too.
  const rows = `SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
${viewColumns(list)
  .map(({ name, sql }) => `  ${sql} AS ${name}`)
  .join(',\n')},
  owner_pseudonym
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN ${view} AS detail, arrayEnumerate(${view}) AS detail_no`;
  return [
    createView(view, rows, '取各记录的当前版本，每条详情一行'),
    ...aliases.map((alias) => createView(alias, `SELECT * FROM {{database}}.${view}`, `与 ${view} 相同`)),
  ].join('\n');
}

const maskedView = (
  list: DetailList,
  create: string,
): string => `${create} {{database}}.${maskedViewOf(list)} {{on_cluster}} (
{{columns pseudonymous_detail}},
${definitions(maskedColumns(list))}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns pseudonymous_owner}},
${maskedColumns(list)
  .map(({ name, sql }) => (sql === name ? `  ${name}` : `  ${sql} AS ${name}`))
  .join(',\n')}
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.${viewsOf(list)[0]}
)
{{columns closed_to_filters}}
COMMENT '${list.title}详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;
`;

export const definitionOf = ({ name, type, comment }: RecordColumn): string => `${name} ${type} COMMENT '${comment}'`;

export const definitions = (columns: readonly RecordColumn[]): string =>
  columns.map((column) => `  ${definitionOf(column)}`).join(',\n');

/** A list of columns with their newest comments. They are part of the view: an ALTER after it would be a second step. */
const withLaterComments = (columns: string): string =>
  columns
    .trimEnd()
    .replace(/^( {2}(\w+) .*) COMMENT '[^']*'/gm, (definition, start: string, name: string) =>
      name in LATER_COMMENTS ? `${start} COMMENT '${LATER_COMMENTS[name]}'` : definition,
    );

/** The comments of the columns that a list of columns defines. */
const recordComments = (recordColumns: string): { name: string; comment: string }[] =>
  [...recordColumns.matchAll(/^ {2}(\w+) [\s\S]*? COMMENT '([^']*)'/gm)].map(([, name, comment]) => ({
    name: name!,
    comment: LATER_COMMENTS[name!] ?? comment!,
  }));
