import { isCreditCode } from 'qcc-portfolio/credit-code';

type Named = { corpName: string | null; creditCode: string | null };

const TRADER_CODE = /^92[0-9A-Z]{16}$/;
const NAMED_AS_COMPANY = /(有限|责任|股份|总|分)公司|(公司|集团|企业|合作社|合伙)[）)]?$/;

/** The blanks that ClickHouse's `trimBoth` removes. */
const trimBlanks = (text: string): string => text.replace(/^ +| +$/g, '');

/** A credit code (GB 32100-2015) as the masked views show it; null for text that is none, such as an identity number. */
export function validCreditCode(creditCode: string | null): string | null {
  const code = trimBlanks(creditCode ?? '').toUpperCase();
  return isCreditCode(code) ? code : null;
}

/** Whether the name has the words that only companies have in their names. Any other name may contain the name of a person. */
export const isNamedAsCompany = (name: string): boolean => NAMED_AS_COMPANY.test(trimBlanks(name));

/**
 * Whether a company is masked as a 个体工商户, which is its owner: its code begins with 92, or it has no valid code and no name of a
 * company. The column `is_sole_trader` of the masked views applies the same rule; a test compares the two.
 */
export function isSoleTrader({ corpName, creditCode }: Named): boolean {
  if (TRADER_CODE.test(trimBlanks(creditCode ?? '').toUpperCase())) return true;
  return validCreditCode(creditCode) === null && !isNamedAsCompany(corpName ?? '');
}
