import type { DetailEndpoint } from '../../detail-endpoint.ts';
import { getSeriousViolation } from './call.ts';

/** 严重违法, document 6.2.8. */
export const seriousViolations: DetailEndpoint = {
  type: '10',
  call: getSeriousViolation,
  list: {
    name: 'seriousViolations',
    rowName: 'SeriousViolation',
    doc: '严重违法 (type 10, document 6.2.8).',
    title: '严重违法',
    fields: [
      { name: 'addDate', kind: 'day', comment: '列入日期' },
      { name: 'addOffice', kind: 'text', comment: '列入决定机关' },
      { name: 'addReason', kind: 'text', comment: '列入严重违法失信企业名单原因', isPersonal: true },
    ],
  },
};
