import {
  columnOf,
  type DetailField,
  type DetailList,
  type FieldKind,
  fieldsOf,
  firstFields,
  laterColumnOf,
  laterFields,
} from 'qcc-details/detail-endpoint';

/** As they come in Avro. The types of the columns are in the migrations. */
const TYPES: Readonly<Record<FieldKind, string>> = {
  id: 'String',
  text: 'Nullable(String)',
  day: 'Nullable(Date32)',
  instant: 'Nullable(DateTime64(3))',
  amount: 'Nullable(String)',
};

const valueFor = ({ name, kind }: DetailField): string =>
  // Not as Nullable: that makes NULL of what is no number, where the row has to be refused.
  kind === 'amount' ? `if(x.${name} IS NULL, NULL, CAST(ifNull(x.${name}, '0') AS Decimal(20, 2)))` : `x.${name}`;

/** `write-records.sql` with the lists of details: their columns, the values for them, and their types in the message. */
export function withDetailLists(sql: string, lists: readonly DetailList[]): string {
  const parts: Readonly<Record<string, (list: DetailList) => string[]>> = {
    columns: (list) => [columnOf(list.name), ...laterFields(list).map((field) => laterColumnOf(list, field))],
    values: (list) => [
      `arrayMap(x -> (${firstFields(list).map(valueFor).join(', ')}), \`e.${list.name}\`)`,
      ...laterFields(list).map((field) => `arrayMap(x -> ${valueFor(field)}, \`e.${list.name}\`)`),
    ],
    fields: (list) => [
      `\`e.${list.name}\` Array(Tuple(${fieldsOf(list)
        .map((field) => `${field.name} ${TYPES[field.kind]}`)
        .join(', ')}))`,
    ],
  };
  return sql.replace(/\{\{list (\w+)\}\}/g, (_, part: string) => lists.flatMap(parts[part]!).join(',\n  '));
}
