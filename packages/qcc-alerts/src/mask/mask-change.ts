import type { ChangeRecord } from 'qcc-core/contract/domain';
import { isNamedAsCompany, isSoleTrader, validCreditCode } from './sole-trader.ts';

/** Types whose text names no one but the company. */
const NAMES_COMPANY_ONLY: readonly string[] = ['1', '2', '3', '7', '8', '10', '11', '14', '15'];
const RENAMED = /^企业名称由[“"][^“”"]+[”"]变更为[“"][^“”"]+[”"]$/;
const QUOTED = /[“"](.+?)[”"]/g;

export type MaskedChange = {
  /** A 个体工商户 keeps the first character of its name. */
  company: string | null;
  creditCode: string | null;
  /** Null if it may name a person. */
  content: string | null;
  isSoleTrader: boolean;
};

/**
 * A change without names of people. The view `changes_masked` applies the same rule to `corp_name`, `credit_code` and
 * `change_content`, but adds a pseudonym to the name of a 个体工商户; a test compares the two.
 */
export function maskChange(
  change: Pick<ChangeRecord, 'corpName' | 'creditCode' | 'type' | 'changeContent'>,
): MaskedChange {
  const isTrader = isSoleTrader(change);
  return {
    company: isTrader && change.corpName !== null ? `${firstCharacter(change.corpName)}※` : change.corpName,
    creditCode: isTrader ? null : validCreditCode(change.creditCode),
    content: maskContent(change, isTrader),
    isSoleTrader: isTrader,
  };
}

const firstCharacter = (text: string): string => [...text][0] ?? '';

function maskContent(
  { type, changeContent, corpName }: Pick<ChangeRecord, 'corpName' | 'type' | 'changeContent'>,
  isTrader: boolean,
): string | null {
  const text = changeContent ?? '';
  if (!isTrader) {
    if (NAMES_COMPANY_ONLY.includes(type)) return changeContent;
    if (type !== '5' || !RENAMED.test(text)) return null;
    const names = [...text.matchAll(QUOTED)].map(([, name]) => name ?? '');
    return [...names, corpName ?? ''].every(isNamedAsCompany) ? changeContent : null;
  }
  if (!NAMES_COMPANY_ONLY.includes(type)) return null;
  if (/移出|移除|恢复/.test(text)) return '移出';
  return /列入|新增/.test(text) ? '列入' : null;
}
