import { LATEST_MS, parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { OperationException } from 'qcc-core/contract/domain';
import type { DetailCall } from 'qcc-core/qcc/endpoints/endpoint';
import { optionalText, wholeListOf } from 'qcc-core/qcc/endpoints/fields';
import { z } from 'zod';

const MIDNIGHT = ' 00:00:00';

/**
 * Unix seconds → ms. Zero and less are null: the document's 0 means that there is no date, never 1970. Date texts, as
 * the neighbouring endpoints send them, are read too, a day as its midnight in Shanghai.
 */
const instant = optionalText.transform((text) => {
  const trimmed = text?.trim() ?? '';
  if (/^\d{1,11}$/.test(trimmed)) {
    const ms = Number(trimmed) * 1_000;
    return ms > 0 && ms < LATEST_MS ? ms : null;
  }
  return parseShanghaiDateTime(parseDay(trimmed) === null ? trimmed : trimmed + MIDNIGHT);
});

const row = z
  .object({
    addReason: optionalText,
    addDate: instant,
    removeReason: optionalText,
    romoveReason: optionalText,
    removeDate: instant,
    decisionOffice: optionalText,
    removeDecisionOffice: optionalText,
  })
  .transform(
    ({ romoveReason, ...rest }): OperationException => ({ ...rest, removeReason: rest.removeReason ?? romoveReason }),
  );

/** 获取经营异常列表 (document 6.2.7), whose removeReason is spelt `romoveReason`. */
export const getExceptions: DetailCall<OperationException> = {
  name: 'getExceptions',
  query: ({ corpKeyNo, checkId }) => ({ corpKeyNo, checkId }),
  result: () => wholeListOf(row),
};
