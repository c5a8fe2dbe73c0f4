import { expect, test } from 'vitest';
import { createLogger, kafkajsLogCreator } from './logs.ts';
import { inSpan } from './tracing/spans.ts';
import { recordSpans } from './tracing/testing/record-spans.ts';

const SECRET = 'canary-7f3a"\\x';

function capture(secrets: string[] = [SECRET]) {
  const lines: string[] = [];
  const log = createLogger({
    service: 'sink',
    level: 'debug',
    secrets,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

test('a line is JSON with an ISO time, the level by name and the service', () => {
  const { log, last } = capture();
  log.warn({ orderNo: 'DD1' }, 'late');
  expect(last()).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: 'sink',
    orderNo: 'DD1',
    msg: 'late',
  });
});

test.each<[string, (log: ReturnType<typeof capture>['log']) => void]>([
  ['a message', (log) => log.info(`got ${SECRET}`)],
  ['a field of any name', (log) => log.info({ deep: { er: [{ still: SECRET }] } }, 'x')],
  [
    'an error, its stack and its cause',
    (log) => log.error(new Error(`a ${SECRET}`, { cause: new Error(SECRET) }), 'x'),
  ],
  ['a percent-encoded query', (log) => log.info(`?a=${encodeURIComponent(SECRET)}`)],
  ['JSON inside a message', (log) => log.info(JSON.stringify({ a: SECRET }))],
  ["a child logger's bindings", (log) => log.child({ a: SECRET }).info('x')],
])('a secret does not get out in %s', (_, write) => {
  const { log, lines, last } = capture();
  write(log);
  expect(lines.join('')).not.toContain('canary');
  expect(lines.join('')).toContain('[redacted]');
  expect(last()).toBeTypeOf('object');
});

test.each([
  ['at the top', { unzipPassword: 'p' }],
  ['one level down', { order: { downloadUrl: 'http://x' } }],
  ['two levels down', { kafka: { options: { sasl: { mechanism: 'plain' } } } }],
])('fields that are secret by name are masked %s', (_, fields) => {
  const { log, lines } = capture();
  log.info(fields, 'x');
  expect(lines[0]).toContain('"[redacted]"');
});

test("a link's signature is masked in messages and stacks", () => {
  const { log, lines } = capture();
  log.error(new Error('GET http://h/x.zip?Signature=abc%2Bdef&Expires=1 failed'), 'x');
  expect(lines[0]).not.toContain('abc%2Bdef');
  expect(lines[0]).toContain('Expires=1');
});

test('a secret of digits is masked as a number too; other numbers, and the line, stay whole', () => {
  const { log, last } = capture(['1234']);
  log.info({ position: 12345, pin: 1234 }, 'pin 1234');
  expect(last()).toMatchObject({ position: 12345, pin: '[redacted]', msg: 'pin [redacted]' });
});

test.each([
  [1, 'error'],
  [2, 'warn'],
  [4, 'debug'],
  [5, 'debug'],
] as const)('kafkajs level %i becomes %s, with namespace and fields', (level, name) => {
  const { log, last } = capture();
  kafkajsLogCreator(log)()({
    namespace: 'Connection',
    level,
    label: 'X',
    log: { timestamp: 'T', logger: 'kafkajs', message: 'Unexpected answer', broker: 'h:9092' },
  });
  const { time: _, ...line } = last();
  expect(line).toEqual({
    level: name,
    service: 'sink',
    namespace: 'Connection',
    broker: 'h:9092',
    msg: 'Unexpected answer',
  });
});

test.each([
  'Connection error: connect ECONNREFUSED 127.0.0.1:9092',
  'Failed to connect to seed broker, trying another broker from the list',
  'Response AddPartitionsToTxn(key: 24, version: 1)',
  "Crash: KafkaJSProtocolError: The coordinator is loading and hence can't process requests for this group",
])('what its caller reports by itself is detail: %s', (message) => {
  const { log, last } = capture();
  kafkajsLogCreator(log)()({ namespace: 'Connection', level: 1, label: 'X', log: { timestamp: 'T', message } });
  expect(last()).toMatchObject({ level: 'debug', msg: message });
});

test('kafkajs level 0 says nothing', () => {
  const { log, lines } = capture();
  kafkajsLogCreator(log)()({ namespace: '', level: 0, label: '', log: { timestamp: '', message: 'x' } });
  expect(lines).toEqual([]);
});

test('a line that is written in a span has its trace and its span', async () => {
  using _ = recordSpans();
  const { log, last } = capture();
  await inSpan({ name: 'work' }, async ({ headers }) => {
    log.info({ orderNo: 'DD1' }, 'in a span');
    expect(last()).toMatchObject({ orderNo: 'DD1', trace_id: headers?.traceparent.split('-')[1] });
  });
  log.info('outside');
  expect(last()).not.toHaveProperty('trace_id');
});
