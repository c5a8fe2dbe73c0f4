import type { Erasure } from 'qcc-core/contract/domain';
import { lineage, type Place } from './lineage.ts';

/** A message of `erasures` → a row of `erasures`; hashes stay on the topic. */
export const toErasureRow = (erasure: Erasure, place: Place) => ({
  account: erasure.account,
  id: erasure.id,
  about: erasure.nameHash === null ? 'COMPANY' : erasure.companyHash === null ? 'PERSON' : 'PERSON_IN_COMPANY',
  at: erasure.at,
  reason: erasure.reason,
  decided_by: erasure.decidedBy,
  ...lineage(place),
});
