import type { ChangeRecord } from '../contract/domain.ts';

/** When the order of `changeRecord` was pushed. */
export const PUSH_DATE = Date.UTC(2021, 2, 16, 8, 14, 58);

/** A change, whole and valid, with what matters to the test given. */
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
