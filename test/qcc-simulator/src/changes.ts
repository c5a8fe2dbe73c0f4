import { address, type Company, companyName, personName } from './companies.ts';
import type { Random } from './random.ts';
import { DAY_MS, shanghaiDay } from './shanghai.ts';
import { SCOPES } from './vocabulary.ts';

/** The thirteen 监测类型 of the document (6.2.6, v1.4) in its order; 9 and 13 do not exist. */
export const CHANGE_TYPES: Readonly<Record<string, string>> = {
  1: '吊销或注销',
  2: '经营异常',
  3: '年报未公示',
  4: '法定代表人变更',
  5: '企业名称变更',
  6: '注册地址变更',
  7: '注册资本变更',
  8: '经营范围变更',
  10: '严重违法',
  11: '失信被执行人',
  12: '股东变更',
  14: '经营期限变更',
  15: '假冒国企',
};
export const ALL_TYPES: readonly string[] = Object.keys(CHANGE_TYPES);

const CATEGORIES: Readonly<Record<string, string>> = { 1: '高风险信息', 2: '风险信息', 3: '警示信息' };

export type Change = {
  typeName: string;
  category: string;
  categoryName: string;
  changeContent: string;
  /** JSON text for types 1, 2, 10 and 11, else empty. */
  changeExtend: string;
  changeDate: string;
};

type Facts = { random: Random; company: Company; removed: boolean };

/** One change of a type as the archive tells it. An unknown type gets text of its own, as a longer list would. */
export function describeChange(facts: Facts & { type: string; pushedAt: number }): Change {
  const { random, type, pushedAt } = facts;
  return changeFields(type, {
    ...wordingOf(type, facts),
    extendDate: ['1', '2', '10', '11'].includes(type) ? shanghaiDay(pushedAt - random.int(3, 400) * DAY_MS) : undefined,
    changeDate: shanghaiDay(pushedAt - random.int(1, 5) * DAY_MS),
  });
}

export type Wording = { category: string; changeContent: string };

/** The fields of a change, with the names of the document for its codes. Dates are Shanghai days. */
export function changeFields(
  type: string,
  { category, changeContent, extendDate, changeDate }: Wording & { extendDate: string | undefined; changeDate: string },
): Change {
  return {
    typeName: CHANGE_TYPES[type] ?? `监测类型${type}`,
    category,
    categoryName: CATEGORIES[category]!,
    changeContent,
    changeExtend: extendDate === undefined ? '' : JSON.stringify({ date: extendDate }),
    changeDate,
  };
}

/** What a change says. `removed` matters to types 2 and 10: the company left the list. */
export function wordingOf(type: string, { random, company, removed }: Facts): Wording {
  switch (type) {
    case '1':
      return { category: '1', changeContent: random.pick(['已吊销', '已注销', '吊销，未注销']) };
    case '2':
      return removed
        ? { category: '2', changeContent: '被移出经营异常' }
        : { category: '1', changeContent: '被列入经营异常' };
    case '3':
      return { category: '2', changeContent: `${random.int(2018, 2025)}年度报告未公示` };
    case '4':
      return { category: '2', changeContent: representativeText(personName(random), personName(random)) };
    case '5':
      return {
        category: '3',
        changeContent: nameText(companyName(random, company.region), company.corpName),
      };
    case '6':
      return {
        category: '3',
        changeContent: `注册地址由“${address(random, company.region)}”变更为“${address(random, company.region)}”`,
      };
    case '7': {
      const [before, after] = [random.int(10, 9_999), random.int(10, 9_999)];
      return {
        category: after < before ? '2' : '3',
        changeContent: `注册资本由${before}万元人民币变更为${after}.${random.text(4, '0123456789')}万元人民币`,
      };
    }
    case '8':
      return {
        category: '3',
        changeContent: `变更前：\n${scope(random)}\n变更后：\n${scope(random)}\t（"依法须经批准的项目"，经相关部门批准后方可开展经营活动）`,
      };
    case '10':
      return removed
        ? { category: '2', changeContent: '被移出严重违法失信企业名单' }
        : { category: '1', changeContent: '被列入严重违法失信企业名单' };
    case '11':
      return { category: '1', changeContent: debtorText(random.int(1, 9)) };
    case '12':
      return {
        category: '2',
        changeContent: `新增股东：${personName(random)}（${random.int(1, 99)}%）；退出股东：${personName(random)}`,
      };
    case '14':
      return { category: '3', changeContent: `经营期限由${random.int(1, 9) + 2026}-12-31变更为长期` };
    case '15':
      return { category: '1', changeContent: '被列入假冒国企名单' };
    default:
      return { category: '3', changeContent: `监测类型${type}发生变化` };
  }
}

export const representativeText = (from: string, to: string): string => `法定代表人由“${from}”变更为“${to}”`;
export const nameText = (from: string, to: string): string => `企业名称由“${from}”变更为“${to}”`;
export const debtorText = (newCases: number): string => `新增${newCases}条失信被执行人信息`;

function scope(random: Random): string {
  return Array.from({ length: random.int(3, 6) }, () => random.pick(SCOPES)).join('；');
}
