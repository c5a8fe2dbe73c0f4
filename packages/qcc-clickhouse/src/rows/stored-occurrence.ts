import { internLast } from 'qcc-core/avro/pass-through-record';
import { createProjection } from 'qcc-core/avro/projection';
import type { Occurrence } from 'qcc-core/contract/domain';

const read = createProjection<{
  record: Occurrence & { id: string; corpKeyNo: string; type: string };
  detailsTruncated: boolean;
}>('enriched-records', {
  type: 'record',
  name: 'EnrichedRecord',
  namespace: 'qcc',
  fields: [
    {
      name: 'record',
      type: {
        type: 'record',
        name: 'ChangeRecord',
        fields: [
          { name: 'account', type: 'string' },
          { name: 'id', type: 'string' },
          { name: 'corpKeyNo', type: 'string' },
          { name: 'type', type: 'string' },
          { name: 'orderNo', type: 'string' },
          { name: 'revision', type: 'int' },
          { name: 'position', type: 'int' },
        ],
      },
    },
    { name: 'detailsTruncated', type: 'boolean' },
  ],
});

const internAccount = internLast();
const internOrderNo = internLast();

/** Occurrence, company, id and type of a value of `enriched-records`, and whether its details were left out. @throws UndecodableError */
export function readOccurrence(body: Buffer) {
  const { record, detailsTruncated } = read(body);
  const { id, corpKeyNo, type, revision, position } = record;
  const occurrence = {
    account: internAccount(record.account),
    orderNo: internOrderNo(record.orderNo),
    revision,
    position,
  };
  return { id, corpKeyNo, type, occurrence, detailsTruncated };
}
