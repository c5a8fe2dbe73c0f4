import avsc, { type Schema } from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import { encodeAvro } from 'qcc-core/avro/types';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { type Details, NO_DETAILS, type NO_LISTS } from './details.ts';
import { DETAIL_ENDPOINTS } from './generated/all.ts';

/**
 * Details as their topic has them. They are remembered by the ten thousand, go out with every change they hold for, and as
 * objects each takes several times its text.
 */
export type PackedDetails = Pick<Details, 'total' | 'oddRows' | 'incompleteReason'> & {
  /**
   * The Avro binary of the lists, one behind the other, a byte a character: such a string takes its bytes and no more, where
   * short buffers share slabs, which one that lives long keeps whole.
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
  throw new Error(`the lists of details do not stand one behind the other in enriched-records: ${NAMES.join(', ')}`);
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
