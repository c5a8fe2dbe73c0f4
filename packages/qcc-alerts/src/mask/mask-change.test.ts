import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import { maskChange } from './mask-change.ts';

const COMPANY = { corpName: '甲有限公司', creditCode: '91110000600037341L' };
const TRADER = { corpName: '王小明小吃店', creditCode: '92110105MA01234567' };

test.each<[string, object, object]>([
  ['a company keeps its name and text', COMPANY, { company: '甲有限公司', content: '被列入经营异常名录' }],
  ['a 个体工商户 keeps one character', TRADER, { company: '王※', creditCode: null, content: '列入' }],
  ['a shop without a code is one', { corpName: '王小明小吃店', creditCode: null }, { company: '王※' }],
  ['so is one with an identity number', { corpName: '王小明', creditCode: '110105199001011234' }, { creditCode: null }],
  ['a rare character is whole', { corpName: '𠮷某店', creditCode: null }, { company: '𠮷※' }],
  [
    'the text of a new 法定代表人 goes',
    { ...COMPANY, type: '4', changeContent: '法定代表人由“王小明”变更为“李四”' },
    { company: '甲有限公司', content: null },
  ],
  ['the text of shareholders goes', { ...COMPANY, type: '12', changeContent: '新增股东王小明' }, { content: null }],
  ['the text of an unknown type goes', { ...COMPANY, type: '99', changeContent: '王小明' }, { content: null }],
  [
    'a new name stays if both are of companies',
    { ...COMPANY, type: '5', changeContent: '企业名称由“乙有限公司”变更为“甲有限公司”' },
    { content: '企业名称由“乙有限公司”变更为“甲有限公司”' },
  ],
  [
    'a new name goes if one is of a shop',
    { ...COMPANY, type: '5', changeContent: '企业名称由“王小明商店”变更为“甲有限公司”' },
    { content: null },
  ],
])('%s', (_, given, expected) => {
  expect(maskChange(changeRecord(given))).toMatchObject(expected);
});
