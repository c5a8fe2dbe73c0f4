import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { SERVICES } from '../../scripts/admin-ports.mjs';
import { openFleet } from '../harness/instances.ts';
import { type ReceivedSpan, receiveSpans } from '../harness/otlp/receive-spans.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed, type Pipeline, startPipeline, type TestBed } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { findSecrets } from '../hostile/find-secrets.ts';

const TRACED_TOPICS = ['orders', 'records', 'pending-details', 'enriched-records'];

async function untilComplete({ query, simulator }: TestBed): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await query<{ complete: number }>(
      `SELECT countIf(status = 'COMPLETE') AS complete FROM {{db}}.orders`,
    );
    expect(rows[0]?.complete).toBe(simulator.orders().length);
  }, PATIENCE);
}

const headersOn = async (pipeline: Pipeline, topic: string): Promise<string[][]> =>
  (await readTopic(pipeline.stack.KAFKA_BROKERS, `${pipeline.prefix}${topic}`))
    .filter(({ value }) => value !== null)
    .map(({ headers }) => Object.keys(headers ?? {}));

/** What a span came from, as names: `send records < process orders < …`. */
function pathOf(span: ReceivedSpan, spans: readonly ReceivedSpan[]): string {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return parent ? `${span.name} < ${pathOf(parent, spans)}` : span.name;
}

test('one trace follows an order from the callback to the row, and tells no secret', async () => {
  await using receiver = await receiveSpans();
  await using pipeline = await startPipeline({
    stack: inject('stack'),
    // A second callback and a reconciled order have traces of their own, so a slow machine must not cause them.
    simulator: { seed: 'traces', faults: { callbackTimeoutMs: PATIENCE.timeout } },
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      LOG_LEVEL: 'debug',
      CALLBACK_PATIENCE_MS: String(PATIENCE.timeout),
    },
  });
  const { orderNo } = await pipeline.simulator.createOrder({ records: 40, types: ['2', '10', '4'] });
  await untilComplete(pipeline);
  const ofOrder = () => receiver.spans.filter(({ attributes }) => attributes['qcc.order_no'] === orderNo);
  const stored = () => {
    const spans = ofOrder().filter(({ name }) => name === 'process enriched-records');
    return spans.reduce((sum, { attributes }) => sum + Number(attributes['messaging.batch.message_count']), 0);
  };
  const versions = (await headersOn(pipeline, 'enriched-records')).length;
  await vi.waitFor(() => expect(stored()).toBeGreaterThanOrEqual(versions), PATIENCE);
  await pipeline.services.stop();

  const [callback] = receiver.spans.filter(({ name }) => name === 'GET callback');
  const trace = receiver.spans.filter(({ traceId }) => traceId === callback?.traceId);
  expect(new Set(ofOrder().map(({ traceId }) => traceId))).toEqual(new Set([callback?.traceId]));
  expect(new Set(trace.map(({ service }) => service))).toEqual(new Set(SERVICES));

  const CALLBACK = 'send orders < GET callback';
  const EXTRACT = `process orders < ${CALLBACK}`;
  const ENRICH = `process records < send records < ${EXTRACT}`;
  const STORE = `process enriched-records < ${ENRICH}`;
  const paths = new Set(trace.map((span) => `${span.service} ${span.kind}: ${pathOf(span, trace)}`));
  expect(paths).toEqual(
    new Set([
      'callback-gateway SERVER: GET callback',
      `callback-gateway PRODUCER: ${CALLBACK}`,
      `archive-extractor CONSUMER: ${EXTRACT}`,
      `archive-extractor CLIENT: GET getDownloadUrl < ${EXTRACT}`,
      `archive-extractor CLIENT: GET archive < ${EXTRACT}`,
      `archive-extractor INTERNAL: inspect archive < ${EXTRACT}`,
      `archive-extractor INTERNAL: keep original < ${EXTRACT}`,
      `archive-extractor PRODUCER: send records < ${EXTRACT}`,
      `detail-enricher CONSUMER: ${ENRICH}`,
      `detail-enricher INTERNAL: look up details < ${ENRICH}`,
      `detail-enricher CLIENT: GET getExceptions < look up details < ${ENRICH}`,
      `detail-enricher CLIENT: GET getSeriousViolation < look up details < ${ENRICH}`,
      `detail-enricher PRODUCER: send enriched-records < ${ENRICH}`,
      `sink CONSUMER: ${STORE}`,
      `sink CLIENT: INSERT record_history < ${STORE}`,
    ]),
  );

  for (const name of ['process records', 'send enriched-records', 'process enriched-records']) {
    const spans = receiver.spans.filter((span) => span.name === name);
    const batches = spans.filter(({ parentSpanId }) => parentSpanId === '');
    const shares = spans.filter(({ parentSpanId }) => parentSpanId !== '');
    expect(batches.length, name).toBeGreaterThan(0);
    expect(batches.map(({ traceId }) => traceId)).not.toContain(callback?.traceId);
    const idOf = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({ traceId, spanId });
    for (const batch of batches) {
      const linked = shares.filter(({ links }) => links.some(({ spanId }) => spanId === batch.spanId));
      expect(batch.links).toEqual(expect.arrayContaining(linked.map(idOf)));
      expect(batch.links).toHaveLength(linked.length);
      const counts = linked.map(({ attributes }) => Number(attributes['messaging.batch.message_count']));
      expect(batch.attributes['messaging.batch.message_count']).toBe(counts.reduce((sum, count) => sum + count, 0));
    }
    expect(shares.every(({ links }) => links.length === 1)).toBe(true);
  }

  for (const topic of TRACED_TOPICS) {
    const headers = await headersOn(pipeline, topic);
    expect(headers.length, topic).toBeGreaterThan(0);
    expect(new Set(headers.flat()), topic).toEqual(new Set(['traceparent']));
  }

  const logs = SERVICES.map((service) => ({
    name: `the log of ${service}`,
    bytes: readFileSync(join(pipeline.folder, 'logs', `${service}.log`)),
  }));
  const lines = logs.flatMap(({ bytes }) => bytes.toString().split('\n'));
  for (const message of ['order received', 'order extracted']) {
    const line = JSON.parse(lines.find((text) => text.includes(`"${message}"`)) ?? '{}');
    expect(line).toMatchObject({
      orderNo,
      trace_id: callback?.traceId,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  }

  const companies = await pipeline.query<{ key: string; name: string }>(
    'SELECT corp_key_no AS key, corp_name AS name FROM {{db}}.records',
  );
  expect(companies.length).toBeGreaterThan(0);
  const { env } = pipeline;
  const secrets = new Map([
    ['QCC_KEY', env.QCC_KEY!],
    ['QCC_SECRET_KEY', env.QCC_SECRET_KEY!],
    ['SEALING_KEY', env.SEALING_KEY!],
    ['the path of callbacks', '/qcc/callback'],
    ...companies.flatMap(({ key, name }): [string, string][] => [
      [`the key of company ${key}`, key],
      [`the name of company ${key}`, name],
    ]),
  ]);
  const exported = receiver.bodies.map((bytes, index) => ({ name: `export ${index}`, bytes }));
  expect(findSecrets(exported, secrets)).toEqual([]);
});

test('without the settings of OpenTelemetry, no message has a header and no log line a trace', {
  tags: 'whole',
}, async () => {
  await using pipeline = await startPipeline({ stack: inject('stack'), simulator: { seed: 'no traces' } });
  await pipeline.simulator.createOrder({ records: 20, types: ['2', '4'] });
  await untilComplete(pipeline);
  for (const topic of TRACED_TOPICS) expect((await headersOn(pipeline, topic)).flat(), topic).toEqual([]);
  const logs = SERVICES.map((service) => readFileSync(join(pipeline.folder, 'logs', `${service}.log`), 'utf8'));
  expect(logs.filter((text) => text.includes('trace_id'))).toEqual([]);
});

test('services follow the decision of the gateway not to sample an order', { tags: 'whole' }, async () => {
  await using receiver = await receiveSpans();
  await using bed = await openTestBed({
    stack: inject('stack'),
    simulator: { seed: 'unsampled' },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
  await using fleet = openFleet(bed);
  const instances = await Promise.all(
    SERVICES.map((service) =>
      fleet.start(service, service === 'callback-gateway' ? { OTEL_TRACES_SAMPLER: 'always_off' } : {}),
    ),
  );
  await Promise.all(instances.map((instance) => instance.ready()));
  await bed.simulator.createOrder({ records: 20, types: ['2', '4'] });
  await untilComplete(bed);
  await fleet.stopAll();
  expect(receiver.spans.filter(({ attributes }) => attributes['qcc.order_no'] !== undefined)).toEqual([]);
  const batches = receiver.spans.filter(({ name }) => name === 'process enriched-records');
  expect(batches.length).toBeGreaterThan(0);
  for (const topic of TRACED_TOPICS) {
    const messages = await readTopic(bed.stack.KAFKA_BROKERS, `${bed.prefix}${topic}`);
    const flags = messages.filter(({ value }) => value).map(({ headers }) => String(headers?.traceparent).slice(-3));
    expect(new Set(flags), topic).toEqual(new Set(['-00']));
  }
});

test('orders become complete while no collector answers, and the log says that spans are lost', {
  tags: 'whole',
}, async () => {
  await using pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'no collector' },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
  await pipeline.simulator.createOrder({ records: 20, types: ['2', '4'] });
  await untilComplete(pipeline);
  await vi.waitFor(() => {
    const log = readFileSync(join(pipeline.folder, 'logs', 'sink.log'), 'utf8');
    expect(log.split('\n').filter((line) => line.includes('spans could not be exported'))).toHaveLength(1);
  }, PATIENCE);
});
