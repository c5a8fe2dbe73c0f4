// Generated from the folders of endpoints/ by scripts/generate-detail-endpoints.ts; do not edit.
import type { DetailEndpoint } from '../detail-endpoint.ts';
import { exceptions } from '../endpoints/exceptions/endpoint.ts';
import { seriousViolations } from '../endpoints/serious-violations/endpoint.ts';
import { dishonestDebtors } from '../endpoints/dishonest-debtors/endpoint.ts';

/** In the order of their lists in `enriched-records`. */
export const DETAIL_ENDPOINTS: readonly DetailEndpoint[] = [
  exceptions,
  seriousViolations,
  dishonestDebtors,
];
