import type { ChangeRecord } from 'qcc-core/contract/domain';

/** 0 goes first. */
export const URGENCIES = [0, 1, 2] as const;
export type Urgency = (typeof URGENCIES)[number];

/** 监测级别 1 is the highest risk; a level that nobody knows is taken for as high. */
export function urgencyOf({ category }: Pick<ChangeRecord, 'category'>): Urgency {
  if (category === '2') return 1;
  if (category === '3') return 2;
  return 0;
}
