import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { expect, test } from 'vitest';
import { namedAttributes, orderAttributes, SPAN_ATTRIBUTES } from './span-attributes.ts';

test("every attribute is a name of OpenTelemetry's conventions, or one of ours", () => {
  const known = new Set<unknown>(Object.values(conventions));
  const odd = Object.values(SPAN_ATTRIBUTES).filter((name) => !known.has(name) && !name.startsWith('qcc.'));
  expect(odd).toEqual([]);
});

test('attributes without a value are left out', () => {
  expect(namedAttributes({ ...orderAttributes({ account: 'main', orderNo: 'DD1' }), httpStatus: 200 })).toEqual({
    'qcc.account': 'main',
    'qcc.order_no': 'DD1',
    'http.response.status_code': 200,
  });
});
