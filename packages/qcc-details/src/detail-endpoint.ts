import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';

/**
 * What a field holds, which decides its types: `id` is a text that is always there, all others may be null. `instant` is
 * milliseconds since the epoch, `day` days since then, `amount` a decimal of at most 18 digits before and 2 after the point.
 */
export type FieldKind = 'id' | 'text' | 'day' | 'instant' | 'amount';

export type DetailField = {
  /** In the Avro schema; its column has the same name in snake_case. */
  name: string;
  kind: FieldKind;
  /** Comment of the column, for analysts. For a `day`, the generator adds that it is a day in Shanghai. */
  comment: string;
  /** In the Avro schema; without it the comment. */
  doc?: string;
  /** Of an `instant`: the comment of its day, which the view shows beside it. */
  dayComment?: string;
  /** It may name or identify a person: its comment says so, and no view for analysts shows it. */
  isPersonal?: true;
  /** What the masked view shows in its place: another text made from it. */
  masked?: { name: string; comment: string; sql: string };
  /** The field was added after the list's column existed. The type of that column does not change, so the field has a separate one. */
  isLater?: true;
};

export type DetailList = {
  /** The field of `enriched-records`; its column, and the view of its rows, have the same name in snake_case. */
  name: string;
  /** Its rows in the Avro schema. */
  rowName: string;
  /** In the Avro schema. */
  doc: string;
  /** For analysts. */
  title: string;
  /** Without those that follow from them: see `fieldsOf`. */
  fields: readonly DetailField[];
  /** Other views with the same rows. */
  aliases?: readonly string[];
};

/**
 * One kind of details: which changes have them, how to request them from QCC, and which fields their rows have. Each kind is a folder of
 * `endpoints/`. To add one: ARCHITECTURE.md, "How to add".
 */
export type DetailEndpoint = {
  /** The 监测类型 that has these details. */
  type: string;
  call: DetailCall<object>;
  list: DetailList;
};

/** Fields that a list's own column holds, a tuple for each row. */
export const firstFields = ({ fields }: DetailList): DetailField[] => fields.filter(({ isLater }) => !isLater);

/**
 * Fields that have a column each, an array with an item for each row: those that came later, the text next to each date and amount
 * that the folder does not name itself, and all fields that the document does not name.
 */
export const laterFields = ({ fields }: DetailList): DetailField[] => [
  ...fields.filter(({ isLater }) => isLater),
  ...fields.filter((field) => isParsed(field) && !fields.some(({ name }) => name === rawName(field))).map(rawOf),
  EXTRA,
];

/** All fields of a row, in the order of the Avro schema. */
export const fieldsOf = (list: DetailList): DetailField[] => [...firstFields(list), ...laterFields(list)];

/** Fields that are made from a text, which may turn out to be something else. */
export const isParsed = ({ kind }: DetailField): boolean => kind === 'day' || kind === 'instant' || kind === 'amount';
export const rawName = ({ name }: DetailField): string => `${name}Raw`;

function rawOf(field: DetailField): DetailField {
  const { name, kind, comment, dayComment } = field;
  const title = (dayComment ?? comment).split('；')[0]!;
  const nothing = kind === 'amount' ? '未提供时为空' : '未提供或为 0 时为空';
  return {
    name: rawName(field),
    kind: 'text',
    comment: `${title}，企查查原文；${nothing}`,
    doc: `${name} as delivered; null where QCC sent nothing${kind === 'amount' ? '' : ' or 0'}.`,
    // A text that is no date may be anything.
    isPersonal: true,
  };
}

const EXTRA: DetailField = {
  name: 'extra',
  kind: 'text',
  comment: '接口文档未列出或取值不合规的字段，JSON 文本，最多 8 KiB，放不下的字段数见其中的 _leftOut；没有时为空',
  doc: 'Fields of the row that the document does not name, and values that do not fit their field, as one JSON object in the order in which they came. At most 8 KiB: its member _leftOut says how many fields did not fit. Null where there are none.',
  isPersonal: true,
};

export const columnOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The column of a field that came later. */
export const laterColumnOf = (list: DetailList, field: DetailField): string =>
  `${columnOf(list.name)}_${columnOf(field.name)}`;

/** The views of a list's rows as QCC sent them. */
export const viewsOf = ({ name, aliases = [] }: DetailList): string[] => [columnOf(name), ...aliases];

export const maskedViewOf = ({ name }: DetailList): string => `${columnOf(name)}_masked`;
