import type { ChangeRecord } from 'qcc-core/contract/domain';

/** Key of an occurrence on `pending-details`. */
export const occurrenceKey = ({
  account,
  orderNo,
  revision,
  position,
}: Pick<ChangeRecord, 'account' | 'orderNo' | 'revision' | 'position'>): string =>
  `${account}|${orderNo}|${revision}|${position}`;
