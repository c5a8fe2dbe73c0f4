/** The migration that gives a list of details its column and its views. */
import {
  columnOf,
  type DetailEndpoint,
  type DetailField,
  type DetailList,
  type FieldKind,
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
/** The comments of migration 008: the shared lists of columns still have those before it. */
const CREDIT_CODE = `${PERSONAL}统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者`;
const REG_NO = `${PERSONAL}工商注册号；缺失时为空；个体工商户的注册号可识别经营者`;

/** A column of a view: its definition, and the expression it is made of. */
type Column = { name: string; type: string; comment: string; sql: string };

/** Those of the view of the rows as QCC sent them, from a row named `detail`. */
export const viewColumns = ({ fields }: DetailList): Column[] => fields.flatMap(fieldColumns);

/** Those of the view for analysts, from the view before. */
export const maskedColumns = ({ fields }: DetailList): Column[] =>
  fields.flatMap((field) => {
    const { masked } = field;
    if (typeof masked === 'object') {
      return [{ name: columnOf(masked.name), type: TYPES.text, comment: masked.comment, sql: masked.sql }];
    }
    if (masked || field.isPersonal) return [];
    return fieldColumns(field).map((column) => ({ ...column, sql: column.name }));
  });

function fieldColumns({ name, kind, comment, dayComment, isPersonal }: DetailField): Column[] {
  const column = columnOf(name);
  const said = kind === 'day' ? dayOf(comment) : comment;
  const own = {
    name: column,
    type: TYPES[kind],
    comment: `${isPersonal ? PERSONAL : ''}${said}`,
    sql: `detail.${column}`,
  };
  // The audit reads dates by the names of their columns.
  if ((kind === 'instant' || kind === 'day') && !/_(at|date)$/.test(column)) {
    throw new Error(`the ${kind} ${name} needs a name that ends in At or Date`);
  }
  if (kind !== 'instant') return [own];
  if (dayComment === undefined) throw new Error(`the instant ${name} needs a dayComment`);
  const day = column.replace(/_(at|date)$/, '_day');
  return [own, { name: day, type: TYPES.day, comment: dayOf(dayComment), sql: `toDate32(detail.${column})` }];
}

/**
 * The text of a migration, with the placeholders of its target.
 * @param recordColumns The text of the list `columns/record`. @param earlier Lists that other migrations have added since.
 */
export function renderMigration(
  { type, list }: DetailEndpoint,
  { recordColumns, earlier }: { recordColumns: string; earlier: readonly DetailEndpoint[] },
): string {
  const { title, fields } = list;
  const [view, ...aliases] = viewsOf(list) as [string, ...string[]];
  const added = [...earlier, { type, list }].map(columnOfRecord);
  const own = added.at(-1)!;
  const addColumn = (table: string) => `ALTER TABLE {{database}}.${table} {{on_cluster}}
  ADD COLUMN IF NOT EXISTS ${own.definition} AFTER ${added.at(-2)?.name ?? 'dishonest_debtors'}
;`;
  const createView = (name: string, select: string) => `CREATE VIEW IF NOT EXISTS {{database}}.${name} {{on_cluster}} (
{{columns detail}},
${definitions(viewColumns(list))}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS ${select}
COMMENT '${title}详情，取各记录的当前版本，每条详情一行'
;

ALTER TABLE {{database}}.${name} {{on_cluster}}
  COMMENT COLUMN credit_code '${CREDIT_CODE}'
;
`;
  // The row may have an id, too.
  const rows = `SELECT
  account, record.id AS record_id, corp_key_no, corp_name, credit_code, type, category, order_no, push_date, push_day,
  details_fetched_at, details_fetched_day, detail_no,
${viewColumns(list)
  .map(({ name, sql }) => `  ${sql} AS ${name}`)
  .join(',\n')}
FROM {{database}}.record_current AS record FINAL
ARRAY JOIN ${view} AS detail, arrayEnumerate(${view}) AS detail_no`;
  return `-- ${title} (type ${type}): ${fields.length} fields of each row. Generated once by scripts/generate-detail-endpoints.ts.
-- The column goes into the table behind the materialized view first: rows may come at any moment.
${addColumn('record_current')}

${addColumn('record_history')}

ALTER TABLE {{database}}.record_current_feed {{on_cluster}} MODIFY QUERY
SELECT * FROM {{database}}.record_history
;

-- It takes the view's columns from the query anew, without their comments.
ALTER TABLE {{database}}.record_current_feed {{on_cluster}}
${[...recordComments(recordColumns), ...added].map(({ name, comment }) => `  COMMENT COLUMN ${name} '${comment}'`).join(',\n')}
;

CREATE OR REPLACE VIEW {{database}}.records {{on_cluster}} (
{{columns record}},
${added.map(({ definition }) => `  ${definition}`).join(',\n')}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * FROM {{database}}.record_current FINAL
COMMENT '变更记录当前状态：每个账号与记录 ID 一行，取最大版本'
;

ALTER TABLE {{database}}.records {{on_cluster}}
  COMMENT COLUMN credit_code '${CREDIT_CODE}',
  COMMENT COLUMN reg_no '${REG_NO}'
;

${createView(view, rows)}
${aliases.map((alias) => `${createView(alias, `SELECT * FROM {{database}}.${view}`)}\n`).join('')}CREATE VIEW IF NOT EXISTS {{database}}.${maskedViewOf(list)} {{on_cluster}} (
{{columns masked_detail}},
${definitions(maskedColumns(list))}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns masked_owner}},
${maskedColumns(list)
  .map(({ name, sql }) => (sql === name ? `  ${name}` : `  ${sql} AS ${name}`))
  .join(',\n')}
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.${view}
)
{{columns closed_to_filters}}
COMMENT '${title}详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;
`;
}

export const definitions = (columns: readonly Column[]): string =>
  columns.map(({ name, type, comment }) => `  ${name} ${type} COMMENT '${comment}'`).join(',\n');

export function columnOfRecord({ type, list }: Pick<DetailEndpoint, 'type' | 'list'>) {
  const name = columnOf(list.name);
  const comment = `${PERSONAL}${list.title}详情（类型 ${type}），逐条见视图 ${name}`;
  const tuple = list.fields.map((field) => `    ${columnOf(field.name)} ${TYPES[field.kind]}`).join(',\n');
  return { name, comment, definition: `${name} Array(Tuple(\n${tuple}\n  )) COMMENT '${comment}'` };
}

/** The comments of the columns that a list of columns defines. */
const recordComments = (recordColumns: string): { name: string; comment: string }[] =>
  [...recordColumns.matchAll(/^ {2}(\w+) [\s\S]*? COMMENT '([^']*)'/gm)].map(([, name, comment]) => ({
    name: name!,
    comment: name === 'credit_code' ? CREDIT_CODE : name === 'reg_no' ? REG_NO : comment!,
  }));
