import { utils, type WorkSheet, write } from '@e965/xlsx';
import { TextReader, TextWriter, Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCreditCode } from '../credit-code.ts';
import { PortfolioFileError } from '../portfolio-file-error.ts';
import { readPortfolio } from './read-portfolio.ts';
import { readXlsx } from './read-xlsx.ts';
import { LIMITS } from './row.ts';

const CODE = '91440300708461136T';
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const readText = (text: string) => readPortfolio(bytesOf(text));
const workbook = (sheets: Record<string, WorkSheet>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(write({ SheetNames: Object.keys(sheets), Sheets: sheets }, { type: 'array', bookType: 'xlsx' }));
const sheetOf = (rows: unknown[][]) => utils.aoa_to_sheet(rows);
/** Changes the XML of the first sheet, for cells that the library does not write. */
async function rewriteSheet(bytes: Uint8Array<ArrayBuffer>, change: (xml: string) => string) {
  const entries = await new ZipReader(new Uint8ArrayReader(bytes), { useWebWorkers: false }).getEntries();
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const entry of entries) {
    if (entry.directory) continue;
    const content = await entry.getData(new TextWriter());
    const changed = entry.filename.endsWith('sheet1.xml') ? change(content) : content;
    await zip.add(entry.filename, new TextReader(changed));
  }
  return new Uint8Array(await zip.close());
}
const identities = ({ members }: Awaited<ReturnType<typeof readPortfolio>>) =>
  members.map(({ creditCode, regNo, name }) => [creditCode, regNo, name]);

/** 示例公司 in GB18030. */
const GB18030_NAME = [0xca, 0xbe, 0xc0, 0xfd, 0xb9, 0xab, 0xcb, 0xbe];

describe('a CSV', () => {
  test.each([
    ['with commas', '统一社会信用代码,注册号,企业名称\n', ','],
    ['with semicolons', '信用代码;工商注册号;公司名称\n', ';'],
    ['with tabs', 'credit_code\treg_no\tname\n', '\t'],
    ['with full-width commas', 'Credit Code，Reg-No，客户名称\n', '，'],
    ['with a byte order mark', '\ufeff统一社会信用代码,注册号,企业名称\n', ','],
    ['with titles above the header', '客户名单\n\n2026年11月,,\n统一社会信用代码,注册号,企业名称\r\n', ','],
  ])('%s is read', async (_, head, delimiter) => {
    const read = await readText(`${head}${[CODE, '', '示例, 公司'].map((cell) => `"${cell}"`).join(delimiter)}\n`);
    expect(read).toMatchObject({ problems: [], warnings: [], format: 'CSV in UTF-8' });
    expect(identities(read)).toEqual([[CODE, null, '示例, 公司']]);
  });

  test.each<[string, number[], string]>([
    ['GB18030', [...bytesOf('name\n'), ...GB18030_NAME], 'CSV in GB18030'],
    ['UTF-16', [0xff, 0xfe, ...Buffer.from('name\n示例公司', 'utf16le')], 'CSV in UTF-16'],
  ])('in %s is read', async (_, bytes, format) => {
    const read = await readPortfolio(new Uint8Array(bytes));
    expect([read.format, identities(read)]).toEqual([format, [[null, null, '示例公司']]]);
  });

  test('keeps all other columns, and names those that have no header or the header of another', async () => {
    const { members, warnings } = await readText(
      '企业名称,客户经理,,客户经理,公司名称\n甲公司,张三,x,李四,乙公司\n丙公司,,,,\n',
    );
    expect(members).toEqual([
      {
        member: '甲公司',
        creditCode: null,
        regNo: null,
        name: '甲公司',
        attributes: { 客户经理: '张三', 'column 3': 'x', '客户经理 (2)': '李四', 公司名称: '乙公司' },
      },
      { member: '丙公司', creditCode: null, regNo: null, name: '丙公司', attributes: {} },
    ]);
    expect(warnings).toEqual([
      'line 1 has the header 客户经理 twice: the second is kept as 客户经理 (2)',
      'line 1: 公司名称 is kept as an additional column, because 企业名称 is used instead',
    ]);
  });

  test('whose lines end in several ways loses none of them', async () => {
    const read = await readText('企业名称,客户经理\r\n甲公司,张三\r\n乙公司,李四\n丙公司,王五\r丁公司,\n');
    expect(read.members.map(({ member }) => member)).toEqual(['甲公司', '乙公司', '丙公司', '丁公司']);
  });

  test('with a comma in a cell without quotes says so, because all further cells are in the wrong column', async () => {
    const { problems, members } = await readText('信用代码,企业名称,额度\n,Foo Co., Ltd,100\n,甲公司,5,,\n');
    expect(problems).toEqual([expect.stringMatching(/^line 2: it has more cells than the header: .* into quotes/)]);
    expect(members.map(({ member }) => member)).toEqual(['甲公司']);
  });

  test.each([
    ['a title that looks like a header', '单位名称：,示例银行\n\n序号,客户名称,统一社会信用代码\n'],
    ['a title with a colon and one column', '机构名称:,示例银行\n\n序号,客户名称,代码\n'],
    ['notes behind the headers', '序号,客户名称（必填）,统一社会信用代码（18位）\n'],
  ])('below %s is read', async (_, head) => {
    const { members, columns } = await readText(`${head}1,甲公司,${CODE}\n`);
    expect([columns.name, members[0]?.name]).toEqual([expect.stringContaining('客户名称'), '甲公司']);
  });

  test.each([
    ['the branch of the bank', '机构名称,客户名称,统一社会信用代码\n福田支行,甲公司,CODE\n'],
    ['a tax number', '纳税人识别号,统一社会信用代码,客户名称\n440300708461136,CODE,甲公司\n'],
    ['the name of a person', 'Name,Company,Credit Code\n张三,甲公司,CODE\n'],
    ['a name in another language', '企业名称(英文),企业名称,信用代码\nFoo Ltd,甲公司,CODE\n'],
  ])('with %s in an earlier column takes the better header', async (_, text) => {
    const read = await readText(text.replace('CODE', CODE));
    expect([identities(read), read.problems]).toEqual([[[CODE, null, '甲公司']], []]);
  });

  test.each([
    ['with fewer cells', '机构名称,深圳分行\n序号,客户名称,余额\n1,甲公司,5\n'],
    ['as wide as the header', '机构名称,深圳分行\n客户名称,余额\n甲公司,5\n'],
  ])('with a label %s above the header is read', async (_, text) => {
    const { columns, members } = await readText(text);
    expect([columns.name, members.map(({ member }) => member)]).toEqual(['客户名称', ['甲公司']]);
  });

  test('that repeats its header loses no customer between', async () => {
    const { members, problems } = await readText('客户名称,余额\n甲公司,5\n客户名称,余额\n乙公司,6\n');
    expect([members.map(({ member }) => member), problems]).toEqual([['甲公司', '乙公司'], []]);
  });

  test.each(['合计', '小 计', '总计：2 户', '共 120 条', '共120户', '制表人：张三', '审核日期 2026-11-24'])(
    'with the row %s below the customers reports that row',
    async (text) => {
      const { members, problems } = await readText(`客户名称,余额\n甲公司,5\n${text},5\n`);
      expect(members.map(({ member }) => member)).toEqual(['甲公司']);
      expect(problems).toEqual([expect.stringMatching(/^line 3: .* is a total or a note, .*: remove the row$/)]);
    },
  );

  test('with a total in the column of codes reports that row', async () => {
    const { members, problems } = await readText(`信用代码,客户名称\n${CODE},甲公司\n合计,\n`);
    expect([members.length, problems]).toEqual([1, [expect.stringMatching(/^line 3: 合计 is a total/)]]);
  });

  test('has customers whose names begin like a total or a note', async () => {
    const names = ['合计物流公司', '共享单车公司', '制表机械厂'];
    const { members, problems } = await readText(`客户名称\n${names.join('\n')}\n`);
    expect([members.map(({ member }) => member), problems]).toEqual([names, []]);
  });

  test.each([
    ['Ctrl-Z at its end', '名称\n甲公司\n\u001a'],
    ['NULs at its end', '名称\n甲公司\n\0\0\0\0'],
    ['NULs in its cells', '名称\0\0\n甲公司\0\0\n'],
  ])('with %s has no customer made of control characters', async (_, text) => {
    expect(identities(await readText(text))).toEqual([[null, null, '甲公司']]);
  });

  test.each(["'", '‘', '’', '＇', '`', '′'])('with %s before each cell is read', async (mark) => {
    const read = await readText(
      ['信用代码,注册号,名称', `${CODE},无,甲公司`, '-,440301103097413,无', '０,／,乙公司']
        .map((line) => line.replace(/^|(?<=,)/g, mark))
        .join('\n'),
    );
    expect([read.problems, read.warnings]).toEqual([[], []]);
    expect(identities(read)).toEqual([
      [CODE, null, '甲公司'],
      [null, '440301103097413', null],
      [null, null, '乙公司'],
    ]);
  });

  test('says which columns identify the customers, and where codes are that it does not use', async () => {
    const { columns, warnings } = await readText(`客户名称,代码\n甲公司,${CODE}\n`);
    expect(columns).toEqual({ creditCode: null, regNo: null, name: '客户名称' });
    expect(warnings).toEqual([expect.stringContaining('the column 代码 has credit codes: name it 统一社会信用代码')]);
  });

  test('says the line of a row that follows cells with line breaks', async () => {
    const { problems, members } = await readText('企业名称,备注\n甲公司,"一\n二\n三"\n,"没有\n名称"\n乙公司,\n');
    expect(problems).toEqual([expect.stringMatching(/^line 5: neither a credit code .* fill one in/)]);
    expect(members.map(({ member }) => member)).toEqual(['甲公司', '乙公司']);
  });

  test.each(['\n', '\r\n', '\r'])('with the line ending %j in and after cells says the right line', async (ending) => {
    const text = '企业名称,备注\n甲公司,"一\n二\n三"\n\n乙公司,"四\n五"\n,"没有\n名称"\n'.replaceAll('\n', ending);
    const { problems, members } = await readText(text);
    expect(problems).toEqual([expect.stringMatching(/^line 8: neither a credit code/)]);
    expect(members.map(({ attributes }) => attributes)).toEqual([{ 备注: '一\n二\n三' }, { 备注: '四\n五' }]);
    await expect(readText(`${text}丙"公司,${ending}`)).rejects.toThrow(/^line 10 has a quote within a cell/);
  });
});

describe('a code', () => {
  test.each([
    ['with blanks', ' 9144 0300 7084\u30006113 6T '],
    ['in lower case', '91440300708461136t'],
    ['full-width', '９１４４０３００７０８４６１１３６Ｔ'],
    ['with hyphens', '91440300-708461136-T'],
    ['with an apostrophe', `'${CODE}`],
    ['as a formula that makes it text', `"=""${CODE}"""`],
    ['as such a formula without quotes', `="${CODE}"`],
  ])('%s is normalized', async (_, written) => {
    const read = await readText(`信用代码\n${written}\n`);
    expect([identities(read), read.warnings]).toEqual([[[CODE, null, null]], []]);
  });

  test.each([
    ['with a wrong check character', '91440300708461136X', /^line 2: the check character of 9144\w+ does not match/],
    ['that is too short', '9144030070846113', /^line 2: 9144030070846113 is not a credit code of 18 characters/],
  ])('%s is used with a warning', async (_, code, warning) => {
    const read = await readText(`信用代码\n${code}\n`);
    expect([identities(read), read.warnings]).toEqual([[[code, null, null]], [expect.stringMatching(warning)]]);
  });

  test('that stands in the column of the other kind is taken for what it is', async () => {
    const read = await readText(`信用代码,注册号,名称\n440301103097413,,甲\n,${CODE},乙\n-,无,丙\n`);
    expect(identities(read)).toEqual([
      [null, '440301103097413', '甲'],
      [CODE, null, '乙'],
      [null, null, '丙'],
    ]);
    expect(read.warnings).toEqual([]);
  });

  test.each([
    ['registration number', '440301103097413', [null, '440301103097413', '甲']],
    ['credit code', CODE, [CODE, null, '甲']],
  ])('that is a %s in both columns counts once', async (_, code, expected) => {
    const read = await readText(`信用代码,注册号,名称\n${code},${code},甲\n`);
    expect([identities(read), read.warnings]).toEqual([[expected], []]);
  });

  test('that Excel has shortened makes its row unusable', async () => {
    const { problems } = await readText('信用代码,名称\n9.14403E+17,甲\n');
    expect(problems).toEqual([
      expect.stringMatching(/^line 2: Excel has shortened the number 9\.14403E\+17: format the column as text/),
    ]);
  });

  test.each(['0', '０', '待办理', '不详', '－', '／', "'无", '111111111111111', '9999999999999', '999'])(
    'written as %s means that the code is not known',
    async (written) => {
      const read = await readText(`信用代码,名称\n${written},甲公司\n${written},乙公司\n`);
      expect(identities(read)).toEqual([
        [null, null, '甲公司'],
        [null, null, '乙公司'],
      ]);
    },
  );

  test('that a failed lookup shows makes its row unusable', async () => {
    const { problems } = await readText('信用代码,名称\n#N/A,甲公司\n#REF!,乙公司\n');
    expect(problems).toEqual([
      expect.stringMatching(/^line 2: a formula has the error #N\/A/),
      expect.stringMatching(/^line 3: a formula has the error #REF!/),
    ]);
  });

  test('that is invalid and is given for two names is an error, because they are two customers', async () => {
    const { members, problems } = await readText('信用代码,名称\nK-17,甲公司\nK17,乙公司\nk17,甲 公司\n');
    expect(members.map(({ name }) => name)).toEqual(['甲 公司']);
    expect(problems).toEqual([
      expect.stringMatching(/^line 3: K17 is also in line 2, but not with the same name: correct/),
    ]);
  });

  test('that is a registration number and is given for two names is an error, because it may be a placeholder', async () => {
    const { members, problems } = await readText('注册号,名称\n123456789012345,甲公司\n123456789012345,乙公司\n');
    expect(members.map(({ name }) => name)).toEqual(['甲公司']);
    expect(problems).toEqual([expect.stringMatching(/^line 3: 123456789012345 is also in line 2, but not with/)]);
  });

  test('that is the number of an identity card is left out, whatever its check character', async () => {
    const read = await readText(
      ['信用代码,名称', '110101199003070572,王五', '11010119900307057X,赵六', '11010119900307057XL1,孙七'].join('\n'),
    );
    expect(identities(read)).toEqual([
      [null, null, '王五'],
      [null, null, '赵六'],
      [null, null, '孙七'],
    ]);
    expect(read.warnings).toEqual(
      [2, 3, 4].map((line) =>
        expect.stringMatching(new RegExp(`^line ${line}: the number of an identity card is left out`)),
      ),
    );
    expect(JSON.stringify(read)).not.toContain('1101');
  });

  test('has a check character that finds every single wrong character', () => {
    const characters = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];
    for (let at = 0; at < CODE.length; at += 1) {
      const others = characters.map((other) => CODE.slice(0, at) + other + CODE.slice(at + 1));
      expect(others.filter(isCreditCode)).toEqual([CODE]);
    }
  });
});

test('a name is read without characters that nobody sees', async () => {
  const { members } = await readText('名称\n深圳\u200b示例\u00ad有限公司\u202c\n');
  expect(members).toMatchObject([{ member: '深圳示例有限公司', name: '深圳示例有限公司' }]);
});

test('the later of two rows about one customer is used, with a warning', async () => {
  const { members, warnings, replaced } = await readText(`信用代码,名称\n${CODE},甲\n${CODE.toLowerCase()},乙\n`);
  expect(members.map(({ name }) => name)).toEqual(['乙']);
  expect(warnings).toEqual([`line 3 is about the same customer as line 2 (${CODE}): line 3 is used`]);
  expect(replaced).toBe(1);
});

describe('a workbook', () => {
  test('is read from its first sheet, or from the one that is named', async () => {
    const bytes = workbook({ 客户: sheetOf([['企业名称'], ['甲公司']]), 其他: sheetOf([['企业名称'], ['乙公司']]) });
    expect(identities(await readPortfolio(bytes))).toEqual([[null, null, '甲公司']]);
    expect(identities(await readPortfolio(bytes, '其他'))).toEqual([[null, null, '乙公司']]);
    await expect(readPortfolio(bytes, '没有')).rejects.toThrow('choose one of 客户, 其他 with --sheet');
  });

  test('is read from its first sheet that is visible, and says which one it is', async () => {
    const Sheets = { 字典: sheetOf([['企业名称'], ['甲公司']]), 客户: sheetOf([['企业名称'], ['乙公司']]) };
    const hidden = { Sheets: [{ Hidden: 1 as const }, { Hidden: 0 as const }] };
    const book = { SheetNames: Object.keys(Sheets), Sheets, Workbook: hidden };
    const read = await readPortfolio(new Uint8Array(write(book, { type: 'array', bookType: 'xlsx' })));
    expect([identities(read), read.format]).toEqual([[[null, null, '乙公司']], 'Excel workbook, sheet 客户']);
    const { format } = await readPortfolio(workbook({ 客户: sheetOf([['企业名称'], ['甲公司']]) }));
    expect(format).toBe('Excel workbook');
  });

  test.each([
    ['is empty', [], /^sheet 说明: the table is empty/],
    ['has no known header', [['填写说明'], ['请填写']], /^sheet 说明: no header is known/],
  ])('whose first sheet %s names the others', async (_, rows, message) => {
    const bytes = workbook({ 说明: sheetOf(rows), 客户: sheetOf([['企业名称']]), 其他: sheetOf([]) });
    await expect(readPortfolio(bytes)).rejects.toThrow(message);
    await expect(readPortfolio(bytes)).rejects.toThrow(/\. Or choose another sheet with --sheet: 客户, 其他$/);
  });

  test('keeps the leading zeros that the format of a cell shows', async () => {
    const sheet = sheetOf([
      ['企业名称', '客户号', '额度'],
      ['甲公司', 123, 1234],
    ]);
    sheet.B2.z = '0000000000';
    sheet.C2.z = '#,##0.00';
    const { members } = await readPortfolio(workbook({ s: sheet }));
    expect(members[0]?.attributes).toEqual({ 客户号: '0000000123', 额度: '1234' });
  });

  test('keeps numbers with up to 15 digits, and reports longer ones with their row', async () => {
    const rows = [['注册号', '信用代码', '额度'], [440301103097413, '', 1.5], [], ['', 9.1440300708461e17, 2]];
    const read = await readPortfolio(workbook({ s: sheetOf(rows) }));
    expect(read.members).toEqual([expect.objectContaining({ regNo: '440301103097413', attributes: { 额度: '1.5' } })]);
    expect(read.problems).toEqual([
      expect.stringMatching(/^line 4: Excel has lost digits of the number .*: format the column as text/),
    ]);
  });

  test('gives the stored results of formulas, empty ones too, and reports those that have none or an error', async () => {
    const sheet = sheetOf([
      ['企业名称', '信用代码'],
      ['x', CODE],
      ['y', CODE],
      ['z', CODE],
      ['乙公司', 'w'],
      ['丙公司', 'v'],
    ]);
    sheet.A2 = { t: 's', v: '甲公司', f: 'B9' };
    sheet.B3 = { t: 'e', v: 0x2a, w: '#N/A', f: 'VLOOKUP(1,2,3)' };
    sheet.A4 = { t: 'e', v: 0x2a, w: '#N/A', f: 'VLOOKUP(1,2,3)' };
    const whole = workbook({ s: sheet });
    const bytes = await rewriteSheet(whole, (xml) =>
      xml
        .replace(/<c r="B5"[\s\S]*?<\/c>/, '<c r="B5" t="str"><f>IFERROR(VLOOKUP(1,2,3),"")</f><v></v></c>')
        .replace(/<c r="B6"[\s\S]*?<\/c>/, '<c r="B6"><f>VLOOKUP(1,2,3)</f><v/></c>'),
    );
    const read = await readPortfolio(bytes);
    expect(identities(read)).toEqual([
      [CODE, null, '甲公司'],
      [null, null, '乙公司'],
    ]);
    expect(read.problems).toEqual([
      expect.stringMatching(/^line 3: a formula has the error #N\/A/),
      expect.stringMatching(/^line 4: a formula has the error #N\/A/),
      expect.stringMatching(/^line 6: a formula has no stored result/),
    ]);
  });

  test('whose code is a text that Excel has shortened is refused in that row', async () => {
    const { problems } = await readPortfolio(workbook({ s: sheetOf([['信用代码'], ['9.1310E+17']]) }));
    expect(problems).toEqual([expect.stringMatching(/^line 2: Excel has shortened the number 9\.1310E\+17/)]);
  });

  test('keeps cells beyond its header', async () => {
    const { members } = await readPortfolio(workbook({ s: sheetOf([['企业名称'], ['甲公司', '', '张三']]) }));
    expect(members[0]?.attributes).toEqual({ 'column 3': '张三' });
  });

  test('shows a date as Excel shows it', async () => {
    const sheet = utils.aoa_to_sheet(
      [
        ['企业名称', '到期日'],
        ['甲公司', new Date(Date.UTC(2026, 10, 24))],
      ],
      {
        dateNF: 'yyyy-mm-dd',
        UTC: true,
      },
    );
    const { members } = await readPortfolio(workbook({ s: sheet }));
    expect(members[0]?.attributes).toEqual({ 到期日: '2026-11-24' });
  });

  test.each([
    ['m/d/yy', '2026-03-04'],
    ['m/d/yy h:mm', '2026-03-04 12:00'],
    ['yyyy"年"m"月"d"日"', '2026年3月4日'],
  ])('with the date format %s has a date that everybody reads in the same way', async (z, shown) => {
    const sheet = sheetOf([['企业名称', '到期日'], ['甲公司']]);
    sheet.B2 = { t: 'n', v: 46_085.5, z };
    expect((await readPortfolio(workbook({ s: sheet }))).members[0]?.attributes).toEqual({ 到期日: shown });
  });

  test('costs no more than its cells, however far apart they are', async () => {
    const sheet = sheetOf([['企业名称'], ['甲公司']]);
    sheet['!ref'] = 'A1:B190000';
    sheet.A190000 = { t: 's', v: '乙公司' };
    expect(identities(await readPortfolio(workbook({ s: sheet })))).toHaveLength(2);
  });
});

describe('a file is refused, and the message says what to do,', () => {
  const gb18030WithoutEnd = new Uint8Array([...bytesOf('name\n'), 0xca, 0xff, 0xff]);
  test.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['if it is empty', bytesOf(''), /is empty/],
    ['if it holds only a byte order mark', bytesOf('\ufeff\n'), /is empty/],
    ['if no header is known', bytesOf('甲,乙\n1,2\n'), /no header is known .*统一社会信用代码.* line 1 has 甲, 乙/],
    ['if a header stands there twice', bytesOf('企业名称,企业名称\n甲,乙\n'), /header 企业名称 twice: rename/],
    ['if a quote is not closed', bytesOf('企业名称\n"甲\n乙\n'), /quote .*close it/],
    ['if it is in no known encoding', gb18030WithoutEnd, /neither UTF-8 nor GB18030: save it again/],
    ['if it is an older workbook', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), /save it as \.xlsx/],
    ['if it is a web page', bytesOf('\n<HTML>\n<td class="x">甲</td>'), /web page or XML, .* save it as \.xlsx/],
    ['if it is XML', bytesOf('<?xml version="1.0"?>\n<Workbook/>'), /web page or XML, .* save it as \.xlsx/],
    ['if the workbook is cut off', workbook({ s: sheetOf([['企业名称'], ['甲']]) }).slice(0, 900), /not a whole Excel/],
    ['if it is another zip', new Uint8Array([0x50, 0x4b, 5, 6, ...new Array(18).fill(0)]), /not a whole|no sheet/],
    ['if it has too many columns', bytesOf(`name${',x'.repeat(LIMITS.columns)}\n甲\n`), /at most 200 are read/],
    [
      'if a row is too long',
      bytesOf(`name,x\n甲,"${'x'.repeat(LIMITS.rowBytes + 9)}"\n`),
      /line \d+ is part of a row with more/,
    ],
    [
      'if it has too many blank rows',
      bytesOf(`name,x\n${',\n'.repeat(2 * LIMITS.rows)}甲,\n`),
      /remove the blank ones/,
    ],
    [
      'if it has too many rows',
      bytesOf(`name\n${'x\n'.repeat(LIMITS.rows + 20)}`),
      /more than 200000 customers: split it/,
    ],
  ])('%s', async (_, bytes, message) => {
    const failure = await readPortfolio(bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PortfolioFileError);
    expect(String(failure)).toMatch(message);
  });

  test('if a workbook is larger when it is unpacked', async () => {
    const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
    await zip.add('xl/worksheets/sheet1.xml', new Uint8ArrayReader(new Uint8Array(3 * 1_048_576)));
    const bytes = new Uint8Array(await zip.close());
    expect(bytes.length).toBeLessThan(10_000);
    await expect(readXlsx(bytes, undefined, 2 * 1_048_576)).rejects.toThrow(
      'more than 2 MiB when it is unpacked: split it',
    );
  });

  test('if it is too large', async () => {
    await expect(readPortfolio(new Uint8Array(LIMITS.fileBytes + 1))).rejects.toThrow('at most 64 MiB are read');
  });
});

test('whatever the bytes, the result is customers or an error for the reader of the file', async () => {
  const start = fc.constantFrom('', '企业名称\n', 'name,reg_no\n', 'PK\u0003\u0004');
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (text, rest) => {
      const bytes = new Uint8Array([...bytesOf(text), ...rest]);
      const outcome = await readPortfolio(bytes).catch((error: unknown) => error);
      expect(outcome instanceof Error ? outcome.name : 'read').toMatch(/^(read|PortfolioFileError)$/);
    }),
    { seed: 20_261_128, numRuns: 500 },
  );
});
