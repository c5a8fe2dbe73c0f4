import type { ChangeRecord } from 'qcc-core/contract/domain';

export const DIRECTIONS = ['列入', '移出', '新增', '变更'] as const;
export type Direction = (typeof DIRECTIONS)[number];

const LISTS = ['2', '10', '15'];
const PLAIN_CHANGES = ['1', '4', '5', '6', '7', '8', '12', '14'];

/**
 * Whether something began or ended. QCC says it in the text alone (document 6.2.6). It is null if the text fits none of the forms.
 * The column `direction` of the view `changes` applies the same rule; a test compares the two.
 */
export function directionOf({ type, changeContent }: Pick<ChangeRecord, 'type' | 'changeContent'>): Direction | null {
  const text = changeContent ?? '';
  if (LISTS.includes(type)) {
    if (/移出|移除|恢复正常/.test(text)) return '移出';
    return text.includes('列入') ? '列入' : null;
  }
  if (type === '11') {
    if (/移出|移除|撤销|删除|屏蔽|减少/.test(text)) return '移出';
    return /新增|列入/.test(text) ? '新增' : null;
  }
  if (type === '3') return text.includes('未公示') ? '新增' : null;
  return PLAIN_CHANGES.includes(type) && text !== '' ? '变更' : null;
}
