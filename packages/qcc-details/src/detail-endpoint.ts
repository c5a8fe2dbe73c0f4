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
  /** Of the column, for analysts. That of a day says by itself that it is one in Shanghai. */
  comment: string;
  /** In the Avro schema; without it the comment. */
  doc?: string;
  /** Of an `instant`: the comment of its day, which the view shows beside it. */
  dayComment?: string;
  /** It may name or identify a person: its comment says so, and no view for analysts shows it. */
  isPersonal?: true;
  /** What the masked view shows in its place: nothing, or another text made from it. */
  masked?: 'nothing' | { name: string; comment: string; sql: string };
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
  fields: readonly DetailField[];
  /** Other views with the same rows. */
  aliases?: readonly string[];
};

/**
 * One kind of details, all of it: for which changes QCC has them, how to ask, and what becomes of the rows. Each is a folder
 * of `endpoints/`. To add one: ARCHITECTURE.md, "How to add".
 */
export type DetailEndpoint = {
  /** The 监测类型 that has these details. */
  type: string;
  call: DetailCall<object>;
  list: DetailList;
};

export const columnOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The views of a list's rows as QCC sent them. */
export const viewsOf = ({ name, aliases = [] }: DetailList): string[] => [columnOf(name), ...aliases];

export const maskedViewOf = ({ name }: DetailList): string => `${columnOf(name)}_masked`;
