import type { ChangeRecord, ErasedRecord } from '../generated/topics.ts';

/** A change with the fields that a subscriber decides by. */
export const changeRecord = (fields: Partial<ChangeRecord> = {}): ChangeRecord => ({
  account: 'main',
  id: 'r1',
  corpKeyNo: 'k1',
  corpName: '甲公司',
  type: '2',
  typeName: null,
  category: '1',
  categoryName: null,
  changeContent: null,
  changeExtend: null,
  eventDate: null,
  changeDate: null,
  checkId: null,
  creditCode: null,
  regNo: null,
  extra: {},
  orderNo: 'DD1',
  revision: 0,
  position: 0,
  pushDate: 0,
  archiveSha256: '',
  source: 'callback',
  parserVersion: 1,
  ...fields,
});

/** 32 bytes that end in the number: its first byte may be above 127, as a signed comparison would get wrong. */
export function versionOf(number: number): Uint8Array {
  const version = Buffer.alloc(32);
  version.writeUInt32BE(number, 0);
  return version;
}

/** The erasure of a company, unless the fields say another one. */
export const erasure = (fields: Partial<ErasedRecord> = {}): ErasedRecord => ({
  account: 'main',
  corpKeyNo: 'k1',
  id: null,
  extent: 'RECORD',
  erasedAt: 1,
  ...fields,
});
