import { expect, test } from 'vitest';
import { normalizeAmount, normalizeCaseNumber } from './normalize.ts';

test.each([
  ["the document's blanks go", '（2020）鲁 0902 执 2168 号'],
  ['half-width brackets become full-width', '(2020)鲁0902执2168号'],
  ['brackets of official documents become round', '〔2020〕鲁0902执2168号'],
  ['square brackets become round', '[2020]鲁0902执2168号'],
  ['full-width square brackets become round', '［2020］鲁0902执2168号'],
  ['lenticular brackets become round', '【2020】鲁0902执2168号'],
  ['brackets of two kinds become one', '〔2020)鲁0902执2168号'],
  ['full-width digits become half-width', '（２０２０）鲁０９０２执２１６８号'],
  ['full-width blanks, tabs and line breaks go', '（2020）鲁\u3000 0902\t执\n2168号 '],
])('equal cases become equal: %s', (_, anno) => {
  expect(normalizeCaseNumber(anno)).toBe('（2020）鲁0902执2168号');
});

test.each([
  ["the document's", '15275439.08', '15275439.08'],
  ['a whole number', '100', '100'],
  ['nothing owed', '0', '0'],
  ['blanks around', ' 12.5 ', '12.5'],
  ['separators of thousands', '1,234,567.80', '1234567.80'],
  ['full-width separators', '1，234', '1234'],
  ['full-width digits and point', '１２，３４５．６７', '12345.67'],
  ['digits that are raised', '10²', null],
  ['leading zeros', '0012.30', '12.30'],
  ['zeros beyond two places', '12.5000', '12.50'],
  ['18 digits', '9'.repeat(18), '9'.repeat(18)],
  ['19 digits', '9'.repeat(19), null],
  ['a third place that counts', '12.345', null],
  ['separators in odd places', '12,34', null],
  ['a unit', '15万元', null],
  ['an exponent', '1e9', null],
  ['a sign', '-5', null],
  ['no digits', '不详', null],
  ['nothing', '', null],
])('an amount: %s', (_, text, amount) => {
  expect(normalizeAmount(text)).toBe(amount);
});
