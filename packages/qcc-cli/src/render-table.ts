import Table from 'cli-table3';

/** Without colours, so that it reads the same in a pipe. `widths` wraps those columns. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  widths?: readonly (number | null)[],
): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    ...(widths && { colWidths: [...widths], wordWrap: true }),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
