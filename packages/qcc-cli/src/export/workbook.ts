import { open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { ZipWriter } from '@zip.js/zip.js';
import { type Cell, cellXml, escapeXml, STYLES_XML } from './xlsx-cell.ts';

export type Sheet = {
  name: string;
  /** Of each column, in characters of a Latin letter. */
  widths: readonly number[];
  /** Rows at the top that stay when a person scrolls. */
  frozenRows: number;
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>;
};

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
/** Rows are compressed in pieces of about this size. */
const PIECE_CHARACTERS = 65_536;

/**
 * Writes a workbook (Office Open XML) to a new file, sheet after sheet. Rows are read once, and are not kept in memory.
 * @param mode Of the file.
 * @throws if the file exists or cannot be written, and what the rows throw.
 */
export async function writeWorkbook(path: string, sheets: readonly Sheet[], mode?: number): Promise<void> {
  await using file = await open(path, 'wx', mode);
  const zip = new ZipWriter(Writable.toWeb(file.createWriteStream()), {
    useWebWorkers: false,
    // Some readers of workbooks do not know ZIP64. Without it, a sheet of more than 4 GiB fails.
    zip64: false,
  });
  for (const [name, xml] of Object.entries(partsOf(sheets))) await add(zip, name, [HEAD + xml]);
  for (const [at, sheet] of sheets.entries())
    await add(zip, `xl/worksheets/sheet${at + 1}.xml`, sheetXml(sheet, at === 0));
  await zip.close();
}

const add = (zip: ZipWriter<unknown>, name: string, pieces: AsyncIterable<string> | Iterable<string>) =>
  zip.add(name, { readable: ReadableStream.from(encode(pieces)) });

async function* encode(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting = '';
  for await (const piece of pieces) {
    waiting += piece;
    if (waiting.length < PIECE_CHARACTERS) continue;
    yield encoder.encode(waiting);
    waiting = '';
  }
  yield encoder.encode(waiting);
}

async function* sheetXml({ widths, frozenRows, rows }: Sheet, isFirst: boolean): AsyncGenerator<string> {
  const selected = isFirst ? ' tabSelected="1"' : '';
  const pane =
    frozenRows > 0
      ? `<pane ySplit="${frozenRows}" topLeftCell="A${frozenRows + 1}" activePane="bottomLeft" state="frozen"/>`
      : '';
  const columns = widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`);
  yield `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"${selected}>${pane}</sheetView></sheetViews>`;
  yield `<cols>${columns.join('')}</cols><sheetData>`;
  let count = 0;
  for await (const row of rows) {
    count += 1;
    yield `<row r="${count}">${row.map((cell, at) => cellXml(cell, `${letters(at)}${count}`)).join('')}</row>`;
  }
  yield '</sheetData>';
  // Codes are text on purpose, and Excel would mark each of them.
  if (count > 0) {
    const all = `A1:${letters(Math.max(widths.length, 1) - 1)}${count}`;
    yield `<ignoredErrors><ignoredError sqref="${all}" numberStoredAsText="1"/></ignoredErrors>`;
  }
  yield '</worksheet>';
}

/** 0 → A, 26 → AA. */
export const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));

function partsOf(sheets: readonly Sheet[]): Record<string, string> {
  const each = (render: (number: number, sheet: Sheet) => string) =>
    sheets.map((sheet, at) => render(at + 1, sheet)).join('');
  const styles = sheets.length + 1;
  return {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/>${each(
      (number) => `<Override PartName="/xl/worksheets/sheet${number}.xml" ContentType="${CONTENT}.worksheet+xml"/>`,
    )}</Types>`,
    'xl/styles.xml': STYLES_XML,
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${each(
      (number, { name }) => `<sheet name="${escapeXml(name)}" sheetId="${number}" r:id="rId${number}"/>`,
    )}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships">${each(
      (number) =>
        `<Relationship Id="rId${number}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${number}.xml"/>`,
    )}<Relationship Id="rId${styles}" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  };
}
