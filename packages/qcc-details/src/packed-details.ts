import avsc, { type Schema } from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import { encodeAvro } from 'qcc-core/avro/types';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { type Details, NO_DETAILS, type NO_LISTS } from './details.ts';
import { DETAIL_ENDPOINTS } from './generated/all.ts';

/**
 * Details in the Avro form of their topic. The cache holds tens of thousands of them, and they are sent with every change that they are
 * valid for. As objects, they would take several times the memory of their text.
 */
export type PackedDetails = Pick<Details, 'total' | 'oddRows' | 'incompleteReason'> & {
  /**
   * The Avro binary of the lists, one after the other, as a string with one character per byte. Such a string takes only its own bytes,
   * whereas short buffers share a slab, and one long-lived buffer keeps the whole slab in memory.
   */
  lists: string;
};

const NAMES = DETAIL_ENDPOINTS.map(({ list }) => list.name);
const { fields } = loadSchema('enriched-records') as unknown as { fields: { name: string }[] };
/** Where the lists stand among the fields of an enriched record. */
export const LISTS_AT = fields.findIndex(({ name }) => name === NAMES[0]);
export const LISTS_END = LISTS_AT + NAMES.length;
const listFields = fields.slice(LISTS_AT, LISTS_END);
if (listFields.some(({ name }, at) => name !== NAMES[at])) {
  throw new Error(`the lists of details are not consecutive fields of enriched-records: ${NAMES.join(', ')}`);
}
const LISTS = avsc.Type.forSchema({ type: 'record', name: 'Lists', fields: listFields } as unknown as Schema);

export const packDetails = (details: Details): PackedDetails => ({
  total: details.total,
  oddRows: details.oddRows,
  incompleteReason: details.incompleteReason,
  lists: encodeAvro(LISTS, details).toString('latin1'),
});

export const NO_PACKED_DETAILS = packDetails(NO_DETAILS);

export const unpackDetails = ({ lists, ...counts }: PackedDetails): Details => ({
  ...(LISTS.fromBuffer(Buffer.from(lists, 'latin1')) as typeof NO_LISTS),
  ...counts,
});

/** The same outcome, its details packed. */
export const packOutcome = (outcome: QccOutcome<Details>): QccOutcome<PackedDetails> =>
  outcome.kind === 'success' ? { ...outcome, value: packDetails(outcome.value) } : outcome;
