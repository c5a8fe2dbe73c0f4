import { STATUS_CODES } from 'node:http';
import { QCC_STATUSES } from './status.ts';

/**
 * What came back from QCC as the label of a metric: a reason, as QccFailure has it, but `unknown` for codes that neither
 * the document nor HTTP names. Each label is a series for as long as the process lives, and codes can be invented.
 */
export function outcomeLabel(reason: string): string {
  const [, protocol, code = ''] = /^(QCC|HTTP)_(.*)$/.exec(reason) ?? [];
  if (protocol === undefined) return reason;
  return Object.hasOwn(protocol === 'QCC' ? QCC_STATUSES : STATUS_CODES, code) ? reason : 'unknown';
}
