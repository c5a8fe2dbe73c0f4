import type { DetailEndpoint } from './detail-endpoint.ts';
import { dishonestDebtors } from './dishonest-debtors.ts';
import { exceptions } from './exceptions.ts';
import { seriousViolations } from './serious-violations.ts';

export const DETAIL_ENDPOINTS: readonly DetailEndpoint[] = [exceptions, seriousViolations, dishonestDebtors];
