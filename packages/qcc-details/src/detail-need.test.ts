import { CHANGE_TYPES } from 'qcc-core/contract/domain';
import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import { detailNeed } from './detail-need.ts';
import { DETAIL_ENDPOINTS } from './generated/all.ts';

const need = (given: Parameters<typeof changeRecord>[0]) => detailNeed(DETAIL_ENDPOINTS, changeRecord(given));

const WITH_DETAILS = DETAIL_ENDPOINTS.map(({ type }) => type);
const callOf = (name: string) => expect.objectContaining({ call: expect.objectContaining({ name }) });

test.each([
  ['2', 'getExceptions'],
  ['10', 'getSeriousViolation'],
  ['11', 'getShiXinList'],
])('a change of type %s is asked for at %s', (type, name) => {
  expect(need({ type, checkId: 'c1', corpKeyNo: 'k1', pushDate: 5 })).toEqual({
    kind: 'request',
    request: { endpoint: callOf(name), corpKeyNo: 'k1', checkId: 'c1', pushDate: 5 },
  });
});

const others = [...Object.keys(CHANGE_TYPES).filter((type) => !WITH_DETAILS.includes(type)), '9', '13', '99', ''];
test.each(others)('a change of type "%s" has no details, whatever its 校验ID', (type) => {
  expect(need({ type })).toEqual({ kind: 'none', result: { status: 'NOT_APPLICABLE' } });
});

test.each([null, '', '  '])('without a 校验ID (%j) nothing can be asked', (checkId) => {
  expect(need({ type: '11', checkId })).toEqual({ kind: 'none', result: { status: 'NO_CHECK_ID' } });
});

test.each([
  { what: 'a company of 1 KiB', given: { corpKeyNo: '企'.repeat(341) }, isAsked: true },
  { what: 'a company of more than 1 KiB', given: { corpKeyNo: '企'.repeat(342) }, isAsked: false },
  { what: 'a 校验ID of 1 KiB', given: { checkId: 'c'.repeat(1_024) }, isAsked: true },
  { what: 'a 校验ID of more than 1 KiB', given: { checkId: 'c'.repeat(1_025) }, isAsked: false },
])('$what is asked for: $isAsked', ({ given, isAsked }) => {
  const found = need({ type: '2', checkId: 'c', ...given });
  if (isAsked) expect(found).toMatchObject({ kind: 'request', request: given });
  else expect(found).toEqual({ kind: 'none', result: { status: 'FAILED', reason: 'QUESTION_TOO_LONG' } });
});
