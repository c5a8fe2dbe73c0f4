import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import avsc, { type Schema } from 'avsc';
import { avroContainer } from 'qcc-core/avro/container';
import { loadSchema } from 'qcc-core/avro/schemas';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import type { WriteRows } from '../insert/insert-rows.ts';
import { withDetailLists } from './detail-lists.ts';
import { lineage, type Place } from './lineage.ts';

/** A value of `enriched-records` as its Avro binary, in this version's schema, and where it stands. */
export type RecordRow = {
  body: Buffer;
  /** Of the company, see `createPseudonyms`; null without a key, and if a name was erased from the company's. */
  pseudonym: string | null;
  place: Place;
};

/** The pseudonym and the columns of `lineage`, as fields that follow the value. */
const LATER_FIELDS = [
  { name: 'owner_pseudonym', type: ['null', 'string'] },
  { name: 'source_topic', type: 'string' },
  { name: 'source_partition', type: 'int' },
  { name: 'source_offset', type: 'long' },
  { name: 'source_time', type: { type: 'long', logicalType: 'timestamp-millis' } },
];
const LATER = avsc.Type.forSchema({ type: 'record', name: 'Later', fields: LATER_FIELDS } as Schema);

/** A record's binary is that of its fields, one after the other: the value goes in as it came. */
const ROW_SCHEMA = {
  type: 'record',
  name: 'Row',
  namespace: 'qcc.sink',
  fields: [{ name: 'e', type: loadSchema('enriched-records') }, ...LATER_FIELDS],
} as Schema;

/** Inserts records. Replace `{{table}}` with the name of the table. */
export const INSERT_RECORDS = withDetailLists(
  readFileSync(new URL('./write-records.sql', import.meta.url), 'utf8'),
  DETAIL_ENDPOINTS.map(({ list }) => list),
);

/** Three numbers, the lengths of two texts and whether there is a pseudonym, each at most ten bytes. */
const LATER_NUMBERS_BYTES = 60;

/**
 * Inserts records as the bytes that came, without making objects of them: ClickHouse reads Avro by itself, and
 * `write-records.sql` says which field goes into which column.
 */
export const writeRecords: WriteRows<RecordRow> = async ({ client, database, settings }, table, groups) => {
  const file = avroContainer({
    schema: ROW_SCHEMA,
    groups,
    mostBytes: ({ body, pseudonym, place }) =>
      body.length + 3 * (place.topic.length + (pseudonym?.length ?? 0)) + LATER_NUMBERS_BYTES,
    write: ({ body, pseudonym, place }, block, at) => {
      const columns = lineage(place);
      const behind = at + body.copy(block, at);
      const later = { ...columns, owner_pseudonym: pseudonym, source_offset: Number(columns.source_offset) };
      return LATER.encode(later, block, behind);
    },
  });
  const { stream } = await client.exec({
    query: INSERT_RECORDS.replace('{{table}}', `\`${database}\`.${table}`),
    values: Readable.from(file, { objectMode: false }),
    clickhouse_settings: settings,
  });
  await finished(stream.resume());
};
