import type { DetailEndpoint } from 'qcc-details/detail-endpoint';
import { getLabourDisputes } from './call.ts';

/** A fictitious endpoint, with a field of each kind. */
export const labourDisputes: DetailEndpoint = {
  type: '99',
  call: getLabourDisputes,
  list: {
    name: 'labourDisputes',
    rowName: 'LabourDispute',
    doc: '劳动仲裁 (type 99), all pages.',
    title: '劳动仲裁',
    aliases: ['employment_disputes'],
    fields: [
      { name: 'id', kind: 'id', comment: '仲裁案件主键' },
      { name: 'claimant', kind: 'text', comment: '申请人', isPersonal: true },
      {
        name: 'hearingAt',
        kind: 'instant',
        comment: '开庭时间（北京时间）',
        dayComment: '开庭日期',
        doc: '开庭时间; null where QCC sends none.',
      },
      { name: 'filedDate', kind: 'day', comment: '立案日期' },
      { name: 'claimAmount', kind: 'amount', comment: '请求金额（元）' },
      {
        name: 'reason',
        kind: 'text',
        comment: '仲裁事由',
        isPersonal: true,
        masked: {
          name: 'reasonClass',
          comment: '仲裁事由的归类，原文不提供',
          sql: `multiIf(reason IS NULL, NULL, match(reason, '工资'), '工资', '其他')`,
        },
      },
      { name: 'court', kind: 'text', comment: '仲裁委员会' },
    ],
  },
};
