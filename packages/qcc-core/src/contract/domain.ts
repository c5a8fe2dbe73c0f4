import type { ChangeRecord } from './generated/topics.ts';

/** The closed lists behind the string fields of the topics, and the small values that every service shares. */
export type * from './generated/topics.ts';

/** One appearance of a record on the topics. */
export type Occurrence = Pick<ChangeRecord, 'account' | 'orderNo' | 'revision' | 'position'>;

/** The most bytes of UTF-8 that a record's `id` and `corpKeyNo` may have: they become keys of messages, rows and requests. */
export const IDENTIFIER_MAX_BYTES = 1_024;

/** Printable characters only: the number goes into message keys, logs and requests. U+FFFD stands for bytes that were no UTF-8. */
const ORDER_NO = /^[^\p{C}\p{Zl}\p{Zp}\uFFFD]{1,128}$/u;
export const isOrderNo = (text: string): boolean => ORDER_NO.test(text) && text.trim() !== '';

export type OrderSource = 'callback' | 'reconcile' | 'replay';

export const DETAIL_STATUSES = ['NOT_APPLICABLE', 'ENRICHED', 'NO_RESULT', 'NO_CHECK_ID', 'PENDING', 'FAILED'] as const;

export const ORDER_STAGES = [
  'RECEIVED',
  'CONFIRMED',
  'FETCHING',
  'EXTRACTING',
  'PARSED',
  'REJECTED',
  'EXTRACTED',
  'FAILED',
  'DETAILS_PENDING',
  'ENRICHED',
  'STORED',
] as const;
export type OrderStage = (typeof ORDER_STAGES)[number];

export const COVERAGE_KINDS = ['CHECKED', 'ACTIVATED', 'GAP', 'GAP_CLOSED'] as const;
export type CoverageKind = (typeof COVERAGE_KINDS)[number];

/** Hours at which a push window may begin, in Shanghai (document 6.2.1). */
export const PUSH_HOURS = [9, 11, 13, 15, 17, 19] as const;
export const PUSH_WINDOW_HOURS = 2;

/** 监测类型, document 6.2.6 (v1.4). Unknown codes pass through the pipeline. */
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

/** 监测级别, document 6.2.6: 1 is the highest risk. */
export const RISK_CATEGORIES: Readonly<Record<string, string>> = {
  1: '高风险信息',
  2: '风险信息',
  3: '警示信息',
};
