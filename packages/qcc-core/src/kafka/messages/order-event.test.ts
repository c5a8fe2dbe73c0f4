import { expect, test } from 'vitest';
import { avroType } from '../../avro/types.ts';
import type { OrderEvent } from '../../contract/domain.ts';
import { fitsTopic } from '../client/message-too-large-error.ts';
import { Occurrences, orderEvents } from './order-event.ts';

const codec = { encode: (topic: 'order-events', value: unknown) => avroType(topic).toBuffer(value) };

test('facts about 200,000 positions that are far apart fit their topic, and name each position once', () => {
  const occurrences = new Occurrences();
  const positions = Array.from({ length: 200_000 }, (_, at) => 2 ** 31 - 1 - 3 * at);
  for (const position of positions) occurrences.add({ account: 'main', orderNo: 'DD1', revision: 0, position });
  occurrences.add({ account: 'main', orderNo: 'DD2', revision: 1, position: 7 });
  const messages = [...orderEvents(codec as never, { stage: 'STORED', at: 5, occurrences })];
  expect(messages.every(fitsTopic)).toBe(true);
  const facts: OrderEvent[] = messages.map(({ value }) => avroType('order-events').fromBuffer(value!));
  const named = facts.filter(({ orderNo }) => orderNo === 'DD1').flatMap((fact) => fact.positions);
  expect(named.map(({ first }) => first).toSorted((a, b) => b - a)).toEqual(positions);
  expect(facts.at(-1)).toMatchObject({
    orderNo: 'DD2',
    revision: 1,
    stage: 'STORED',
    positions: [{ first: 7, last: 7 }],
  });
});
