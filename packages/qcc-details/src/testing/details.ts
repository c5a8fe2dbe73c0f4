import { type PassThroughRecord, readPassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { avroType } from 'qcc-core/avro/types';
import type { DishonestDebtor, OperationException, SeriousViolation } from 'qcc-core/contract/domain';
import { changeRecord, PUSH_DATE } from 'qcc-core/testing/change-record';
import type { DetailRequest } from '../detail-need.ts';
import { type Details, NO_DETAILS } from '../details.ts';
import { exceptions } from '../endpoints/exceptions/endpoint.ts';
import { packDetails } from '../packed-details.ts';

/** Values for tests, whole and valid, with what matters to the test given. */
export const passThroughRecord = (given: Parameters<typeof changeRecord>[0] = {}): PassThroughRecord =>
  readPassThroughRecord(avroType('records').toBuffer(changeRecord(given)));

export const detailRequest = (given: Partial<DetailRequest> = {}): DetailRequest => ({
  endpoint: exceptions,
  corpKeyNo: 'f625a5b661058ba5082ca508f99ffe1b',
  checkId: 'a1b2c3',
  pushDate: PUSH_DATE,
  ...given,
});

/** Rows of details, empty but for what is given. */
export const exceptionRow = (given: Partial<OperationException>): OperationException => ({
  addReason: null,
  addDate: null,
  removeReason: null,
  removeDate: null,
  decisionOffice: null,
  removeDecisionOffice: null,
  addDateRaw: null,
  removeDateRaw: null,
  extra: null,
  ...given,
});
export const violationRow = (given: Partial<SeriousViolation>): SeriousViolation => ({
  addDate: null,
  addOffice: null,
  addReason: null,
  addDateRaw: null,
  extra: null,
  ...given,
});
export const debtorRow = (given: Partial<DishonestDebtor>): DishonestDebtor => ({
  id: 'd1',
  anno: null,
  annoNormalized: null,
  executeGov: null,
  executeNo: null,
  executeStatus: null,
  actionTypeName: null,
  lianDate: null,
  amount: null,
  amountRaw: null,
  publicDate: null,
  executeNoNormalized: null,
  lianDateRaw: null,
  publicDateRaw: null,
  extra: null,
  ...given,
});

export const exceptionDetails = (rows = 1): Details => ({
  ...NO_DETAILS,
  exceptions: Array.from({ length: rows }, () =>
    exceptionRow({
      addReason: '未依照规定的期限公示年度报告的',
      addDate: 1_481_246_659_000,
      decisionOffice: '鄢陵县市场监督管理局',
    }),
  ),
  total: rows,
});

export const packedDetails = (rows?: number) => packDetails(exceptionDetails(rows));
