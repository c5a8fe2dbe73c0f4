import type { DetailEndpoint } from '../../detail-endpoint.ts';
import { getShiXinList } from './call.ts';

/** 失信被执行人, document 6.2.9. */
export const dishonestDebtors: DetailEndpoint = {
  type: '11',
  call: getShiXinList,
  list: {
    name: 'dishonestDebtors',
    rowName: 'DishonestDebtor',
    doc: '失信被执行人 (type 11, document 6.2.9), all pages.',
    title: '失信被执行人',
    fields: [
      {
        name: 'id',
        kind: 'id',
        comment: '失信案件主键，并非变更记录 ID',
        doc: '主键 id of the case; not the id of the change.',
      },
      { name: 'anno', kind: 'text', comment: '案号（原文）', doc: '案号 as delivered.', isPersonal: true },
      {
        name: 'annoNormalized',
        kind: 'text',
        comment: '规范化案号：去空白，括号统一为全角，数字统一为半角，便于比对',
        doc: '案号 without blanks, with half-width digits and （） for brackets of any kind: equal cases compare equal.',
        isPersonal: true,
      },
      { name: 'executeGov', kind: 'text', comment: '执行法院' },
      { name: 'executeNo', kind: 'text', comment: '执行依据文号', isPersonal: true },
      {
        name: 'executeNoNormalized',
        kind: 'text',
        comment: '规范化执行依据文号，规则与 anno_normalized 相同',
        doc: '执行依据文号, normalized as annoNormalized is.',
        isPersonal: true,
        isLater: true,
      },
      { name: 'executeStatus', kind: 'text', comment: '履行情况' },
      { name: 'actionTypeName', kind: 'text', comment: '失信行为', isPersonal: true },
      { name: 'lianDate', kind: 'day', comment: '立案日期' },
      {
        name: 'amount',
        kind: 'amount',
        comment: '涉案金额（元）；原文不是数字时为空',
        doc: '涉案金额 in yuan, as a plain decimal (at most 18 digits before and 2 after the point); null where the delivered text is no such number.',
      },
      {
        name: 'amountRaw',
        kind: 'text',
        comment: '涉案金额（元），原文',
        doc: '涉案金额（元） as delivered.',
        // It may be any JSON.
        isPersonal: true,
      },
      { name: 'publicDate', kind: 'day', comment: '发布日期' },
    ],
  },
};
