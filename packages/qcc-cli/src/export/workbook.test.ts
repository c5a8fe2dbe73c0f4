import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, utils } from '@e965/xlsx';
import { TextWriter, Uint8ArrayReader, ZipReader } from '@zip.js/zip.js';
import { beforeEach, expect, test } from 'vitest';
import { letters, writeWorkbook } from './workbook.ts';
import { type Cell, textCell, toCell } from './xlsx-cell.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-workbook-'));
  return () => rm(folder, { recursive: true });
});

async function* rows(): AsyncGenerator<Cell[]> {
  yield [textCell('代码', 'bold'), textCell('金额', 'bold')];
  for (const [code, amount] of [
    ['110108000000001', '1.50'],
    ['=1+1', '-2.00'],
    [' 甲\u0007<&>"\n乙_x0041_ ', '3.25'],
  ] as const)
    yield [textCell(code), toCell({ name: '金额', kind: { is: 'decimal', scale: 2 } }, amount)];
}

test('another reader gets every sheet with what was written', async () => {
  const path = join(folder, 'a.xlsx');
  await writeWorkbook(path, [
    { name: '数据', widths: [20, 10], frozenRows: 1, rows: rows() },
    { name: '说明 & <more>', widths: [], frozenRows: 0, rows: [[textCell('标题')], [], [textCell('')]] },
  ]);
  const bytes = await readFile(path);
  const { Sheets, SheetNames } = read(bytes, { cellNF: true, cellStyles: true });
  expect(SheetNames).toEqual(['数据', '说明 & <more>']);
  expect(utils.sheet_to_json(Sheets.数据!, { header: 1 })).toEqual([
    ['代码', '金额'],
    ['110108000000001', 1.5],
    ['=1+1', -2],
    [' 甲\u0007<&>"\n乙_x0041_ ', 3.25],
  ]);
  expect(Sheets.数据!.A3).toMatchObject({ t: 's' });
  expect(Sheets.数据!.B2).toMatchObject({ t: 'n', z: '#,##0.00' });
  expect(Sheets.数据!['!cols']?.map((each) => each.width)).toEqual([20, 10]);
  const xml = await part(bytes, 'xl/worksheets/sheet1.xml');
  expect(xml).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
  expect(xml).toContain('<c r="A1" s="1" t="inlineStr">');
});

test('an error of the rows is the error of the workbook', async () => {
  // biome-ignore lint/correctness/useYield: it fails before its first row.
  async function* broken(): AsyncGenerator<Cell[]> {
    throw new Error('it broke off');
  }
  const writing = writeWorkbook(join(folder, 'a.xlsx'), [{ name: 'a', widths: [], frozenRows: 0, rows: broken() }]);
  await expect(writing).rejects.toThrow('it broke off');
});

test.each([
  [0, 'A'],
  [25, 'Z'],
  [26, 'AA'],
  [701, 'ZZ'],
  [702, 'AAA'],
])('column %i is %s', (index, name) => {
  expect(letters(index)).toBe(name);
});

async function part(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<string> {
  const zip = new ZipReader(new Uint8ArrayReader(bytes), { useWebWorkers: false });
  const entry = (await zip.getEntries()).find(({ filename }) => filename === name);
  if (!entry || entry.directory) throw new Error(`the workbook lacks ${name}`);
  return await entry.getData(new TextWriter());
}
