import type { AvroCodec } from '../../avro/codec.ts';
import type { ErasedRecord } from '../../contract/domain.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Outgoing } from '../wire/outgoing.ts';

/** What identifies a record on the topics, and the company that it is about. */
export type RecordIdentity = Pick<ErasedRecord, 'account' | 'corpKeyNo'> & { id: string };

/** A message for `erased-records`: all records of a company were erased. @param erasedAt ms */
export const erasedCompany = (
  codec: Pick<AvroCodec, 'encode'>,
  { account, corpKeyNo }: Pick<ErasedRecord, 'account' | 'corpKeyNo'>,
  erasedAt: number,
): Outgoing => ({
  topic: TOPICS.erasedRecords,
  key: `${account}|${corpKeyNo}`,
  value: codec.encode('erased-records', { account, corpKeyNo, id: null, extent: 'RECORD', erasedAt }),
});

/** A message for `erased-records`: the texts of a record hold an erased name. @param erasedAt ms */
export const erasedName = (
  codec: Pick<AvroCodec, 'encode'>,
  { account, corpKeyNo, id }: RecordIdentity,
  erasedAt: number,
): Outgoing => ({
  topic: TOPICS.erasedRecords,
  key: `${account}|${corpKeyNo}|${id}`,
  value: codec.encode('erased-records', { account, corpKeyNo, id, extent: 'NAME', erasedAt }),
});
