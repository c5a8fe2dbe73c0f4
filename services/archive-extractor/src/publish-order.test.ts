import type { InspectedArchive } from 'qcc-archive/obtain/steps';
import { spoolChanges } from 'qcc-archive/spool-changes';
import { buildZip, PASSWORD, spool } from 'qcc-archive/testing/archives';
import { bytesOf } from 'qcc-core/avro/composed';
import { avroType } from 'qcc-core/avro/types';
import { createMetrics } from 'qcc-core/base/metrics';
import { recordSpans } from 'qcc-core/base/tracing/testing/record-spans';
import type { ChangeRecord, OrderEvent, OrderState } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { LaneBrokenError } from 'qcc-core/kafka/client/errors';
import { RefusalSearch } from 'qcc-core/kafka/client/refusal-search';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { expect, onTestFinished, test } from 'vitest';
import { publishOrder } from './publish-order.ts';

const ORDER = orderWithoutLink({ orderNo: 'DD1' });
const PLACE = { topic: 'orders', partition: 0, offset: '4', nextOffset: 5n };

async function spooled(records: number, totalSize: number | null = records): Promise<InspectedArchive> {
  const result = Array.from({ length: records }, (_, id) => ({ id: String(id), corpKeyNo: `k${id}`, type: '2' }));
  const content = JSON.stringify({ pushDate: '2021-03-16 18:52:26', totalSize, result });
  const { file, ...archive } = await spool(buildZip([{ name: 'corp.json', content }]));
  onTestFinished(() => archive[Symbol.asyncDispose]());
  const source = { file, password: PASSWORD, limits: { entryMaxBytes: 1_000_000 } };
  const { inspection, changes } = await spoolChanges(source, `${file}.changes`);
  return {
    source,
    inspection,
    changes,
    sha256: 'a',
    bytes: 1,
    unconfirmed: false,
    [Symbol.asyncDispose]: async () => {},
  };
}

type PublishOptions = { isRefused?: (id: number) => boolean; limit?: number; archive?: Promise<InspectedArchive> };

/** An order that comes again after each failure, on topics whose broker refuses the batch with any of these records. */
async function publish(
  records: number,
  { isRefused = () => false, limit = 100, archive = spooled(records) }: PublishOptions,
) {
  const committed: AnyOutgoing[] = [];
  let nextOffset = 0n;
  const transact: Lane['transact'] = async (body, commit) => {
    const sent: AnyOutgoing[] = [];
    await body({
      async send(messages) {
        for (const message of messages) sent.push(message);
        const ids = sent.filter(({ topic }) => topic === TOPICS.records).map(({ key }) => Number(key.slice(1)));
        const refusal = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
        if (ids.some(isRefused)) throw new LaneBrokenError('the lane is broken', { cause: refusal });
        return [];
      },
    });
    committed.push(...sent);
    nextOffset = (typeof commit === 'function' ? commit() : commit)?.nextOffset ?? nextOffset;
  };
  const deps = {
    prefix: '',
    codec: {
      encode: (topic: 'order-events', value: unknown) => avroType(topic).toBuffer(value),
      header: () => Buffer.alloc(0),
    },
    metrics: createMetrics({ service: 'test', account: 'main' }),
    now: () => 5,
    part: { maxRecords: 50, maxMs: 10_000 },
    refusedRuns: createDeadLetterRuns({ limit }),
  };
  const search = new RefusalSearch<number>(String);
  let state: OrderState | undefined;
  let failures = 0;
  let problem: unknown;
  while (nextOffset === 0n && problem === undefined) {
    try {
      await publishOrder(deps as never, {
        lane: { partition: 0, transact } as Lane,
        order: ORDER,
        archive: await archive,
        plan: { revision: 0, firstPosition: state?.nextPosition ?? 0 },
        place: PLACE,
        search,
        onState: (written) => {
          state = written;
        },
      });
    } catch (error) {
      if (error instanceof LaneBrokenError) failures += 1;
      else problem = error;
    }
  }
  const valuesOf = (topic: 'records' | 'order-events') =>
    committed.flatMap((each) => (each.topic.name === topic ? [avroType(topic).fromBuffer(bytesOf(each.value!))] : []));
  const facts = valuesOf('order-events') as OrderEvent[];
  return {
    published: (valuesOf('records') as ChangeRecord[]).map(({ position }) => position),
    deadLetters: committed.flatMap(({ topic, headers }) =>
      topic === TOPICS.deadLetters ? [`${headers?.['qcc.dlq.position']} ${headers?.['qcc.dlq.reason']}`] : [],
    ),
    /** As they are on the topic. */
    committed,
    facts,
    stages: facts.map(({ stage }) => stage),
    /** Of each record. */
    traces: committed.flatMap(({ topic, headers }) => (topic === TOPICS.records ? [headers?.traceparent] : [])),
    state,
    failures,
    problem,
  };
}

test('records that a broker refuses become dead letters, and all others are published once', async () => {
  const refused = [7, 8, 130];
  const outcome = await publish(200, { isRefused: (id) => refused.includes(id) });
  expect(outcome.published).toEqual(Array.from({ length: 200 }, (_, id) => id).filter((id) => !refused.includes(id)));
  expect(outcome.deadLetters).toEqual(refused.map((id) => `${id} RECORD_TOO_LARGE`));
  expect(outcome.state).toMatchObject({ outcome: 'EXTRACTED', nextPosition: 200 });
  expect(outcome.stages.filter((stage) => stage === 'REJECTED')).toHaveLength(3);
  expect(outcome.stages.at(-1)).toBe('EXTRACTED');
  expect(outcome.failures).toBeLessThan(25);
});

test('the dead letter of a record that is too large for its topic points to the archive', async () => {
  const { committed } = await publish(1, { isRefused: () => true });
  const deadLetter = committed.find(({ topic }) => topic === TOPICS.deadLetters);
  expect(deadLetter?.headers).toMatchObject({ 'qcc.dlq.archiveSha256': 'a', 'qcc.dlq.position': '0' });
  expect(JSON.parse(String(deadLetter?.value))).toMatchObject({
    of: 'avro',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    place: { orderNo: 'DD1', position: 0, archiveSha256: 'a' },
  });
});

test('an order whose only record is refused ends with its dead letter', async () => {
  const { published, deadLetters, state } = await publish(1, { isRefused: () => true });
  expect([published, deadLetters, state?.outcome]).toEqual([[], ['0 RECORD_TOO_LARGE'], 'EXTRACTED']);
});

test('if a topic refuses everything, the order stops at the limit instead of becoming dead letters', async () => {
  const { deadLetters, problem, state } = await publish(200, { isRefused: () => true, limit: 3 });
  expect(deadLetters).toHaveLength(3);
  expect(String(problem)).toMatch(/the records of orders\/0 stops at offset 3: 4 messages in a row .*RECORD_TOO_LARGE/);
  expect(state).toMatchObject({ outcome: 'PUBLISHING', nextPosition: 3 });
});

test.each([
  ['what it declares', 5, 5],
  ['no total where it declares none', null, null],
])('the facts of an archive state %s', async (_, totalSize, declared) => {
  const { facts } = await publish(2, { archive: spooled(2, totalSize) });
  expect(facts.map((fact) => [fact.stage, fact.declared])).toEqual([
    ['EXTRACTING', declared],
    ['PARSED', null],
    ['EXTRACTED', declared],
  ]);
});

test('a part is one span, which its records carry', async () => {
  using recorded = recordSpans();
  const { traces } = await publish(120, {});
  const spans = recorded.ended().map((span) => ({ id: span.spanContext().spanId, attributes: span.attributes }));
  expect(spans.map(({ attributes }) => attributes)).toMatchObject(
    [50, 50, 20].map((count, part) => ({
      'messaging.destination.name': 'records',
      'messaging.batch.message_count': count,
      'qcc.order_no': ORDER.orderNo,
      'qcc.revision': 0,
      'qcc.position': 50 * part,
    })),
  );
  const carried = traces.map((traceparent) => String(traceparent).split('-')[2]);
  expect(carried).toEqual(
    spans.flatMap(({ id, attributes }) => Array(attributes['messaging.batch.message_count']).fill(id)),
  );
});

test('without traces, records have no headers', async () => {
  expect(new Set((await publish(20, {})).traces)).toEqual(new Set([undefined]));
});
