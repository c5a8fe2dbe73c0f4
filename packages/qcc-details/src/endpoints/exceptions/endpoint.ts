import type { DetailEndpoint } from '../../detail-endpoint.ts';
import { getExceptions } from './call.ts';

/** 经营异常, document 6.2.7. */
export const exceptions: DetailEndpoint = {
  type: '2',
  call: getExceptions,
  list: {
    name: 'exceptions',
    rowName: 'OperationException',
    doc: '经营异常 (type 2, document 6.2.7).',
    title: '经营异常',
    aliases: ['abnormal_operations'],
    fields: [
      {
        name: 'addReason',
        kind: 'text',
        comment: '列入经营异常名录原因',
        isPersonal: true,
        masked: {
          name: 'addReasonClass',
          comment: '列入经营异常名录原因的归类，原文不提供',
          // The causes that the law knows (企业信息公示暂行条例).
          sql: `multiIf(
    add_reason IS NULL, NULL,
    match(add_reason, '责令'), '未按责令期限公示信息',
    match(add_reason, '年度报告'), '未按期公示年度报告',
    match(add_reason, '隐瞒|弄虚作假'), '公示信息隐瞒真实情况或弄虚作假',
    match(add_reason, '无法.{0,4}联系'), '登记的住所或经营场所无法联系',
    '其他'
  )`,
        },
      },
      {
        name: 'addDate',
        kind: 'instant',
        comment: '列入时间（北京时间）；未提供时为空',
        dayComment: '列入日期',
        doc: '列入日期; null where QCC sends 0.',
      },
      {
        name: 'removeReason',
        kind: 'text',
        comment: '移出经营异常名录原因；未移出时为空',
        doc: '移出经营异常名录原因 (romoveReason in the document).',
        isPersonal: true,
      },
      {
        name: 'removeDate',
        kind: 'instant',
        comment: '移出时间（北京时间）；未移出时为空',
        dayComment: '移出日期',
        doc: '移出日期; null where QCC sends 0.',
      },
      { name: 'decisionOffice', kind: 'text', comment: '作出决定机关' },
      { name: 'removeDecisionOffice', kind: 'text', comment: '移除决定机关' },
    ],
  },
};
