import type { DeadLetterAction } from 'qcc-core/contract/domain';
import { lineage, type Place } from './lineage.ts';

/** A message of `dead-letter-actions` → a row of `dead_letter_actions`. */
export const toDeadLetterActionRow = (action: DeadLetterAction, place: Place) => ({
  dead_letter_id: action.deadLetterId,
  account: action.account,
  action: action.action,
  at: action.at,
  order_no: action.orderNo,
  decided_by: action.decidedBy,
  reason: action.reason,
  ...lineage(place),
});
