import type { LogEntry } from 'kafkajs';
import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { createRedactor, redactJson } from './redact.ts';
import { activeTraceFields } from './tracing/spans.ts';

export type Log = Logger;

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'cookie',
  'downloadUrl',
  'password',
  'sasl',
  'secretKey',
  'SecretKey',
  'token',
  'Token',
  'unzipPassword',
] as const;

/**
 * A logger that writes one JSON object a line to standard output (or `destination`), with ISO times and level names. Lines that are
 * written in a span have its `trace_id` and `span_id`.
 *
 * Secrets are masked: fields with a secret name, at the top and two levels below it; each of `secrets`, and the signing parameters of
 * links, anywhere in a line, in messages, nested fields and stacks alike.
 */
export function createLogger(input: {
  service: string;
  /** Goes into every line. Absent in the log of a process that serves several accounts. */
  account?: string;
  level: string;
  /** Values that must not appear: passwords, keys. A set may grow. */
  secrets: readonly string[] | ReadonlySet<string>;
  destination?: DestinationStream;
}): Log {
  const redact = createRedactor(input.secrets);
  const options: LoggerOptions = {
    level: input.level,
    base: { service: input.service, ...(input.account !== undefined && { account: input.account }) },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: activeTraceFields,
    redact: {
      paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    hooks: { streamWrite: (line) => redactJson(line, redact) },
  };
  return input.destination ? pino(options, input.destination) : pino(options);
}

/** kafkajs's levels (ERROR 1, WARN 2, INFO 4, DEBUG 5). Its INFO lines are details here. */
const LEVELS = { 1: 'error', 2: 'warn', 4: 'debug', 5: 'debug' } as const;

/**
 * Lines that kafkajs writes at too high a level:
 * - errors that its caller handles or reports, such as each failed attempt to reach a broker, and the end of a consumer with its stack;
 * - advice about the partitioner, although each message names its partition;
 * - advice to let an idempotent producer retry forever, which would hide an outage from the services.
 */
const HARMLESS = new RegExp(
  [
    '^Response \\w+\\(key: ',
    '^Crash: ',
    '^Connection (error|timeout)',
    '^Failed to connect to (seed )?broker',
    'concurrent operation on the same transaction',
    '^Limiting retries for the idempotent producer',
    '^KafkaJS v2.0.0 switched default partitioner',
  ].join('|'),
);

/** kafkajs' `logCreator`: its lines go to `log`, with its namespace and fields, under the rules of this logger. */
export function kafkajsLogCreator(log: Log): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, level, log: { message, timestamp: _, logger: __, ...fields } }) => {
      if (level === 0) return;
      log[HARMLESS.test(message) ? 'debug' : LEVELS[level]]({ ...fields, namespace }, message);
    };
}
