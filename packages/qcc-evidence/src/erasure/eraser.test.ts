import fc from 'fast-check';
import type { Erasure } from 'qcc-core/contract/domain';
import { expect, test } from 'vitest';
import { createEraser, erasedStub, NO_ERASURES } from './eraser.ts';
import { foldName, isName, POINTS } from './person-name.ts';
import { createErasureKey, type ErasureSubject } from './subject.ts';

const key = createErasureKey(Buffer.alloc(32, 7).toString('base64'));
const other = createErasureKey(Buffer.alloc(32, 8).toString('base64'));
const erasure = (subject: Omit<ErasureSubject, 'account'>, at = 1): Erasure => ({
  ...key.describe({ account: 'main', ...subject }),
  at,
  reason: 'asked to',
  decidedBy: 'someone',
});
const redact = (erasures: readonly Erasure[], text: string, corpKeyNo = 'k1', account = 'main') =>
  createEraser(key, erasures).redact({ account, corpKeyNo }, text);

test.each([
  ['as it is', '法定代表人由“张三”变更为“李四”', '法定代表人由“※※”变更为“李四”'],
  ['at the ends and twice', '张三、张三', '※※、※※'],
  ['in the name of a shop', '北京市海淀区张三服装店', '北京市海淀区※※服装店'],
  ['escaped as in JSON', String.raw`{"name":"\u5f20\u4E09"}`, '{"name":"※※"}'],
  [
    'in JSON within JSON',
    String.raw`{"extend":"{\"name\":\"\\u5f20三\"}"}`,
    String.raw`{"extend":"{\"name\":\"※※\"}"}`,
  ],
  ['not where it is another', '张 三、李张、三张', '张 三、李张、三张'],
  ['not in nothing', '', ''],
])('a name goes from a text: %s', (_name, text, expected) => {
  expect(redact([erasure({ person: '张三' })], text)).toBe(expected);
});

test.each([
  ['with a point between its parts', '阿卜杜拉·买买提'],
  ['with a character outside the basic plane', '𠮷田'],
  ['in letters', "Anne O'Neil-Smith"],
])('a name goes %s, raw and escaped', (_name, person) => {
  const escaped = [...person].map((character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
  for (const text of [`股东${person}退出`, `股东${escaped.join('')}退出`])
    expect(redact([erasure({ person })], text)).toBe('股东※※退出');
});

test.each([...POINTS])(
  'a name goes whichever point stands between its parts, there and where it is asked for: %s',
  (point) => {
    const [asked, written] = [`阿卜杜拉${point}买买提`, '阿卜杜拉·买买提'];
    expect(redact([erasure({ person: asked })], `股东${written}退出`)).toBe('股东※※退出');
    expect(redact([erasure({ person: written })], `股东${asked}退出`)).toBe('股东※※退出');
    expect(erasure({ person: asked })).toEqual(erasure({ person: written }));
  },
);

test.each([
  ['as it is asked for', 'Jos\u00e9 Pe\u00f1a'],
  ['with its marks apart', 'Jose\u0301 Pen\u0303a'],
  ['escaped', String.raw`Jose\u0301 Pe\u00f1a`],
  ['with another blank', 'Jos\u00e9\u3000Pe\u00f1a'],
])('a name goes whether its letters are composed or not: %s', (_name, written) => {
  for (const person of ['Jos\u00e9 Pe\u00f1a', 'Jose\u0301 Pen\u0303a'])
    expect(redact([erasure({ person })], `股东${written}退出`)).toBe('股东※※退出');
});

test.each([
  ['股东Li Na、王五', '股东※※、王五'],
  [String.raw`\nLi Na\n`, String.raw`\n※※\n`],
  ['Li Nan', 'Li Nan'],
  ['Lili Li Na1', 'Lili Li Na1'],
  ['\u00c9Li Na', '\u00c9Li Na'],
  ['Li Na\u0301', 'Li Na\u0301'],
  ['MaLi Na', 'MaLi Na'],
])('a name in letters does not go from within a longer word: %s', (text, expected) => {
  expect(redact([erasure({ person: 'Li Na' })], text)).toBe(expected);
});

test.each([
  ['names of fields', '{"张三" : "张三", "a":["张三"]}', '{"张三" : "※※", "a":["※※"]}'],
  [
    'keys and codes',
    '{"corpKeyNo":"张三", "creditCode":"张三","typeName": "张三","a":{"id":"张三"},"b":"张三"}',
    '{"corpKeyNo":"张三", "creditCode":"张三","typeName": "张三","a":{"id":"张三"},"b":"※※"}',
  ],
  [
    'names of fields of JSON in JSON',
    String.raw`{"changeExtend":"{\"张三\":\"张三\",\"keyNo\":\"张三\"}"}`,
    String.raw`{"changeExtend":"{\"张三\":\"※※\",\"keyNo\":\"张三\"}"}`,
  ],
])('of JSON, %s stay', (_name, text, expected) => {
  expect(redact([erasure({ person: '张三' })], text)).toBe(expected);
});

test.each(['[公告] 由"张三": 变更', '{"id":"张三","a":"张三'])(
  'a name is removed everywhere in a text that only begins like JSON: %s',
  (text) => {
    expect(redact([erasure({ person: '张三' })], text)).toBe(text.replaceAll('张三', '※※'));
  },
);

test('what cannot be a name is none', () => {
  const names = ['张三', '阿卜杜拉．买买提', 'Anne O’Neil-Smith', '张(三)', '92110108', '·张'];
  expect(names.map((name) => isName(foldName(name)))).toEqual([true, true, true, false, false, false]);
});

test('the longest of several names goes first', () => {
  expect(redact([erasure({ person: '张三' }), erasure({ person: '张三丰' })], '张三丰与张三')).toBe('※※与※※');
});

test('a name that was erased in one company stays in the others', () => {
  const erasures = [erasure({ person: '张三', company: 'k1' })];
  expect(redact(erasures, '张三', 'k1')).toBe('※※');
  expect(redact(erasures, '张三', 'k2')).toBe('张三');
  expect(createEraser(key, erasures).covers({ account: 'main', corpKeyNo: 'k1' })).toBeNull();
});

test('a company is covered in its account, and so is the stub that stands for it', () => {
  const eraser = createEraser(key, [erasure({ company: 'k1' }, 5)]);
  const { id } = erasure({ company: 'k1' });
  expect(eraser.covers({ account: 'main', corpKeyNo: 'k1' })).toBe(id);
  expect(eraser.covers({ account: 'other', corpKeyNo: 'k1' })).toBeNull();
  expect(eraser.covers({ account: 'main', corpKeyNo: null })).toBeNull();
  expect(eraser.newestAt).toBe(5);
  for (const each of [eraser, NO_ERASURES]) {
    expect(each.covers({ account: 'main', ...(JSON.parse(erasedStub(id)) as { id: string; corpKeyNo: string }) })).toBe(
      id,
    );
  }
});

test('what is written down holds neither name nor key, and another key makes other hashes', () => {
  const subject = { account: 'main', company: 'k1-company', person: '张三丰' };
  const text = JSON.stringify(key.describe(subject));
  expect(text).not.toMatch(/k1-company|张三/);
  expect(other.describe(subject).nameHash).not.toBe(key.describe(subject).nameHash);
});

test('erasures that this key did not make, or no key at all, is an error that says what to do', () => {
  const erasures = [erasure({ company: 'k1' })];
  expect(() => createEraser(other, erasures)).toThrow(/set the key they were made with/);
  expect(() => createEraser(null, erasures)).toThrow(/this is none/);
  expect(() => createErasureKey('short')).toThrow(/openssl rand/);
});

test('in any text, the name is removed and the rest stays', () => {
  const eraser = createEraser(key, [erasure({ person: '张三' })]);
  const around = fc.string({ unit: 'grapheme' }).filter((text) => !/[张三]/.test(text));
  fc.assert(
    fc.property(around, around, (before, after) => {
      const redacted = eraser.redact({ account: 'main', corpKeyNo: null }, `${before}张三${after}`);
      expect(redacted).toBe(`${before}※※${after}`);
    }),
    { seed: 20_261_125, numRuns: 300 },
  );
});

test('a long run of backslashes, or of marks on one letter, is looked through in time', () => {
  for (const run of ['\\'.repeat(1_000_000), `a${'\u0301'.repeat(200_000)}`])
    expect(redact([erasure({ person: '张三' })], `${run}张三`)).toBe(`${run}※※`);
});

test('a name in bytes is found after any character, because a length may look like a letter', () => {
  const eraser = createEraser(key, [erasure({ person: 'Li Na' })]);
  const owner = { account: 'main', corpKeyNo: 'k1' };
  expect(eraser.namesIn(owner, '6Li Na resigned')).toBe(true);
  expect(eraser.namesIn(owner, '6Li Mo resigned')).toBe(false);
  expect(eraser.redact(owner, '6Li Na resigned')).toBe('6Li Na resigned');
});
