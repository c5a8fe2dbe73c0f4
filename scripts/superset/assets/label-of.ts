/**
 * The label of a column: its comment up to the first punctuation mark, as in `推送日期` for `推送日期（北京时间）`. Without a comment it is
 * the column's name.
 */
export const labelOf = ({ name, comment }: { name: string; comment: string }): string =>
  /^[^；，：。（(;:]+/.exec(comment)?.[0].trim() || name;
