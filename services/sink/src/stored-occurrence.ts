import { createProjection } from 'qcc-core/avro/projection';

/** An occurrence whose row was stored: what the ledger counts. */
export type StoredOccurrence = { account: string; orderNo: string; revision: number; position: number };

const read = createProjection<{ record: StoredOccurrence & { id: string; corpKeyNo: string } }>('enriched-records', {
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
          { name: 'orderNo', type: 'string' },
          { name: 'revision', type: 'int' },
          { name: 'position', type: 'int' },
        ],
      },
    },
  ],
});

/** Which occurrence a value of `enriched-records` is of, and whose. @throws UndecodableError */
export const readOccurrence = (body: Buffer): StoredOccurrence & { id: string; corpKeyNo: string } => read(body).record;
