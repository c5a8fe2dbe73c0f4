import { CHANGE_TYPES } from 'qcc-simulator/changes';

/** Whether the document has the type (6.2.6, v1.4). */
export const isKnownType = (type: string): boolean => type in CHANGE_TYPES;

/** The name that the simulator gives to the type. */
export const typeName = (type: string): string => CHANGE_TYPES[type] ?? `监测类型${type}`;

/** Types that have details. */
export const hasDetails = (type: string): boolean => ['2', '10', '11'].includes(type);

export const CATEGORY_NAMES: Readonly<Record<string, string>> = { 1: '高风险信息', 2: '风险信息', 3: '警示信息' };
