/** The types of the document (6.2.6, v1.4) with their names. 9 and 13 do not exist. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
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

export const isKnownType = (type: string): boolean => type in TYPE_NAMES;

/** The name that the simulator gives to the type. */
export const typeName = (type: string): string => TYPE_NAMES[type] ?? `监测类型${type}`;

/** Types that have details. */
export const hasDetails = (type: string): boolean => ['2', '10', '11'].includes(type);

export const CATEGORY_NAMES: Readonly<Record<string, string>> = { 1: '高风险信息', 2: '风险信息', 3: '警示信息' };
