import type { ChangeRecord } from 'qcc-core/contract/domain';

/** 企业名称变更. */
const CHANGE_OF_NAME = '5';
const FORMER_NAME = /由[“"](.+?)[”"]变更为/;

/** The name that a company had before this change; null for a change of anything else. `company_identities` has the same rule. */
export const formerNameOf = ({ type, changeContent }: Pick<ChangeRecord, 'type' | 'changeContent'>): string | null =>
  (type === CHANGE_OF_NAME && FORMER_NAME.exec(changeContent ?? '')?.[1]?.trim()) || null;
