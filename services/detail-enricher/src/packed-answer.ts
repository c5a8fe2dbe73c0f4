import avsc, { type Schema } from 'avsc';
import { encodeAvro } from 'qcc-core/avro/encode';
import { loadSchema } from 'qcc-core/avro/schemas';
import type { Details } from 'qcc-core/details/detail-endpoint';
import type { DetailAnswer } from './detail-result.ts';

const LISTS = ['exceptions', 'seriousViolations', 'dishonestDebtors'];
const { fields } = loadSchema('enriched-records') as unknown as { fields: { name: string }[] };
const DETAILS = avsc.Type.forSchema({
  type: 'record',
  name: 'Details',
  fields: [...fields.filter(({ name }) => LISTS.includes(name)), { name: 'total', type: 'int' }],
} as unknown as Schema);

/**
 * An answer as it is remembered: some 40,000 of them are, and as objects each takes several times its text. A string of one
 * byte a character holds Avro in no more than its bytes; short buffers share slabs, which one that lives long keeps whole.
 */
export type PackedAnswer = { fetchedAt: number; details: string | null };

export const packAnswer = (answer: DetailAnswer): PackedAnswer => ({
  fetchedAt: answer.fetchedAt,
  details: answer.kind === 'success' ? encodeAvro(DETAILS, answer.value).toString('latin1') : null,
});

export function unpackAnswer({ fetchedAt, details }: PackedAnswer): DetailAnswer {
  if (details === null) return { kind: 'empty', fetchedAt };
  return { kind: 'success', value: DETAILS.fromBuffer(Buffer.from(details, 'latin1')) as Details, fetchedAt };
}
