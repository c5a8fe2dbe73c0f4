import type { ChangeRecord, PendingDetail } from 'qcc-core/domain';
import type { DetailRequest } from './detail-need.ts';
import type { Details } from './endpoints/detail-endpoint.ts';
import { NO_DETAILS } from './endpoints/detail-endpoint.ts';
import { exceptions } from './endpoints/exceptions.ts';

/** Values for the tests of this service, whole and valid, with what matters to the test given. */
export const PUSH_DATE = Date.UTC(2021, 2, 16, 8, 14, 58);

export const changeRecord = (given: Partial<ChangeRecord> = {}): ChangeRecord => ({
  account: 'main',
  id: 'bd6ee9d38ee4cc9c8c5c9c8c5c9c8c5c9',
  corpKeyNo: 'f625a5b661058ba5082ca508f99ffe1b',
  corpName: '企查查科技股份有限公司',
  type: '2',
  typeName: '经营异常',
  category: '2',
  categoryName: '风险信息',
  changeContent: '被列入经营异常名录',
  changeExtend: null,
  eventDate: null,
  changeDate: 18_702,
  checkId: 'a1b2c3',
  creditCode: null,
  regNo: null,
  extra: {},
  orderNo: 'DDMON2021031616145803273367',
  revision: 0,
  position: 0,
  pushDate: PUSH_DATE,
  archiveSha256: '0'.repeat(64),
  source: 'callback',
  parserVersion: 1,
  ...given,
});

export const pendingDetail = (given: Partial<PendingDetail> = {}): PendingDetail => ({
  record: changeRecord(),
  admittedAt: PUSH_DATE,
  published: false,
  attempts: 0,
  nextAttemptAt: PUSH_DATE,
  reason: null,
  ...given,
});

export const detailRequest = (given: Partial<DetailRequest> = {}): DetailRequest => ({
  endpoint: exceptions,
  corpKeyNo: 'f625a5b661058ba5082ca508f99ffe1b',
  checkId: 'a1b2c3',
  pushDate: PUSH_DATE,
  ...given,
});

export const exceptionDetails = (rows = 1): Details => ({
  ...NO_DETAILS,
  exceptions: Array.from({ length: rows }, () => ({
    addReason: '未依照规定的期限公示年度报告的',
    addDate: 1_481_246_659_000,
    removeReason: null,
    removeDate: null,
    decisionOffice: '鄢陵县市场监督管理局',
    removeDecisionOffice: null,
  })),
  total: rows,
});
