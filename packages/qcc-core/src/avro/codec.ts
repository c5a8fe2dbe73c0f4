import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avsc from 'avsc';
import pRetry from 'p-retry';
import type { Settings } from '../base/settings.ts';
import { DeadlineError, withDeadline } from '../base/with-deadline.ts';
import { AVRO_TOPICS, type TopicValues } from '../contract/generated/topics.ts';
import type { CarrierTopic } from './carrier.ts';
import { type Composed, writeValue } from './composed.ts';
import { diagnoseRegistry, type RegistryAccess } from './diagnose-registry.ts';
import { missingFields } from './missing-fields.ts';
import { type AvroTopic, loadSchema } from './schemas.ts';
import { avroType, encodeAvro } from './types.ts';
import { UndecodableError } from './undecodable-error.ts';

/** The registry did not answer or refused: the environment is at fault, never the message at hand. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
}

/**
 * A newer version wrote fields that this one does not know and would drop. The environment is at fault: the message waits
 * until the service is upgraded.
 */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

class UnknownSchemaError extends UndecodableError {}

/** For `decode(…).catch(…)`: returns null for a message that will never decode. Its consumer makes it a dead letter. */
export function ignoreUndecodable(error: unknown): null {
  if (error instanceof UndecodableError) return null;
  throw error;
}

export type AvroCodec = {
  /** The value in Confluent's wire format (magic byte 0, schema id, Avro binary). Does no I/O. */
  encode<Topic extends AvroTopic>(topic: Topic, value: TopicValues[Topic]): Buffer;
  /**
   * Gives the same bytes as `encode` for a value that begins with a record. It takes the Avro binary of the record
   * (`PassThroughRecord.avro`), which it does not change, and the binary of all fields after the record.
   */
  carry(topic: CarrierTopic, record: Buffer, behind: Buffer | Composed): Composed;
  /**
   * Decodes a value of any writer of the topic, resolved to this version's schema. The first message of each schema other than
   * this version's asks the registry; all others do no I/O.
   * @throws UndecodableError for bytes that will never decode, RegistryError if the registry does not give the schema.
   */
  decode<Topic extends AvroTopic>(topic: Topic, bytes: Buffer): Promise<TopicValues[Topic]>;
  /**
   * Returns the message's Avro binary in this version's schema, to pass it on. If the message was written with that schema, these are
   * its own bytes, unread. Otherwise it is decoded and encoded again, and the result is a promise.
   * @throws NewerSchemaError if fields would be lost; other errors are those of `decode`.
   */
  body(topic: AvroTopic, bytes: Buffer): Buffer | Promise<Buffer>;
  /** The bytes before the Avro binary of a value that this version writes: `encode` without the value. */
  header(topic: AvroTopic): Buffer;
};

/**
 * The registry's library sets no time limit. If a connection closes in the middle of a response, the library waits forever. If the lookup
 * of a schema hangs, later lookups of this schema wait for the same request. So each request, with its retries, has a limit.
 */
const REQUEST_LIMIT_MS = 10_000;
const limitRequest: NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number] = () => {
  const ending = new AbortController();
  return {
    prepareRequest: async (next) => (await next()).enhance({ signal: ending.signal }),
    response: (next) =>
      withDeadline(next, { what: 'a request of the schema registry', timeoutMs: REQUEST_LIMIT_MS }).catch((error) => {
        // Otherwise its connection stays open for as long as the registry likes.
        if (error instanceof DeadlineError) ending.abort();
        throw error;
      }),
  };
};

const TRIES = 3;
/** A registry that does not answer may answer the next time. Registering or finding a schema twice changes nothing. */
const askAgain = <Result>(call: () => Promise<Result>): Promise<Result> =>
  pRetry(call, {
    retries: TRIES - 1,
    minTimeout: 0,
    shouldRetry: ({ error }) => error instanceof DeadlineError,
  });

const MAGIC_BYTE = 0;
const HEADER_BYTES = 5;

type OwnSchema = { id: number; type: avsc.Type; header: Buffer };

type RegistrySettings = RegistryAccess & Settings<'SCHEMAS' | 'TOPIC_PREFIX'>;

/**
 * Registers the schemas of all topics (or, with SCHEMAS=check, looks them up) and gives the codec.
 *
 * The registry's library registers and looks up; encoding and decoding use avsc with one cached type per schema id,
 * since the library builds a resolver for each message (docs/decisions/0003-schema-registry.md).
 * @throws RegistryError when the registry cannot be reached, or where a schema is missing and may not be registered.
 */
export async function connectCodec(
  settings: RegistrySettings,
  log?: { debug(message: string): void },
): Promise<AvroCodec> {
  const registry = new SchemaRegistry(registryOptions(settings), {});
  const local = new Map<AvroTopic, OwnSchema>();
  for (const topic of AVRO_TOPICS) {
    const subject = `${settings.TOPIC_PREFIX}${topic}-value`;
    const id = await schemaId(registry, settings, subject, topic, log);
    const header = Buffer.alloc(HEADER_BYTES, MAGIC_BYTE);
    header.writeInt32BE(id, 1);
    local.set(topic, { id, type: avroType(topic), header });
  }
  const own = (topic: AvroTopic) => local.get(topic) as OwnSchema;
  const readers = new Map<string, Reader>();
  const unknown = new Map<number, { until: number; error: UndecodableError }>();
  const readerOf = async (topic: AvroTopic, id: number): Promise<Reader> => {
    const key = `${topic}/${id}`;
    const known = readers.get(key);
    if (known) return known;
    const { id: ownId, type } = own(topic);
    if (id === ownId) {
      const reader: Reader = { read: (body) => type.fromBuffer(body), drops: [] };
      readers.set(key, reader);
      return reader;
    }
    const missing = unknown.get(id);
    if (missing && Date.now() < missing.until) throw missing.error;
    try {
      const reader = await foreignReader({ registry, settings }, type, id);
      readers.set(key, reader);
      return reader;
    } catch (error) {
      if (error instanceof UnknownSchemaError) unknown.set(id, { until: Date.now() + UNKNOWN_SCHEMA_MS, error });
      throw error;
    }
  };

  const readMessage = async (topic: AvroTopic, bytes: Buffer, { whole = false } = {}): Promise<unknown> => {
    const { read, drops } = await readerOf(topic, schemaIdOf(topic, bytes));
    if (whole && drops.length > 0) {
      throw new NewerSchemaError(
        `a newer version wrote ${topic} with fields that this one does not know and would lose: ${drops.join(', ')}. Upgrade this service`,
      );
    }
    try {
      return read(bytes.subarray(HEADER_BYTES));
    } catch (error) {
      throw new UndecodableError(`a message of ${topic} does not decode with its schema`, { cause: error });
    }
  };

  return {
    encode(topic, value) {
      const { header, type } = own(topic);
      return Buffer.concat([header, encodeAvro(type, value)]);
    },
    header: (topic) => own(topic).header,
    carry(topic, record, behind) {
      const { header } = own(topic);
      return {
        byteLength: header.length + record.length + behind.byteLength,
        writeTo(target, offset) {
          let at = offset + header.copy(target, offset);
          at += record.copy(target, at);
          return writeValue(behind, target, at);
        },
      };
    },
    decode: <Topic extends AvroTopic>(topic: Topic, bytes: Buffer) =>
      readMessage(topic, bytes) as Promise<TopicValues[Topic]>,
    body(topic, bytes) {
      const { id, type } = own(topic);
      if (schemaIdOf(topic, bytes) === id) return bytes.subarray(HEADER_BYTES);
      return readMessage(topic, bytes, { whole: true }).then((value) => type.toBuffer(value));
    },
  };
}

function schemaIdOf(topic: AvroTopic, bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC_BYTE) {
    throw new UndecodableError(`a message of ${topic} does not begin with the magic byte of the wire format`);
  }
  return bytes.readInt32BE(1);
}

/** Reads what one writer wrote, and names the fields that are lost in this version's schema. */
type Reader = { read: (body: Buffer) => unknown; drops: readonly string[] };

/** In a registry of several nodes, a node may learn of a new schema after a consumer has read the first message with it. */
const UNKNOWN_SCHEMA_RETRIES = { retries: 4, minTimeout: 100, factor: 2 } as const;
/** How long a schema counts as unknown without another request. Requests for each message of a batch would take hours. */
const UNKNOWN_SCHEMA_MS = 10_000;

async function foreignReader(
  { registry, settings }: { registry: SchemaRegistry; settings: RegistryAccess },
  reader: avsc.Type,
  id: number,
): Promise<Reader> {
  let writer: avsc.Type;
  try {
    const schema = await pRetry(() => askAgain(() => registry.getSchema(id)), {
      ...UNKNOWN_SCHEMA_RETRIES,
      shouldRetry: ({ error }) => isMissing(error),
    });
    writer = avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)));
  } catch (error) {
    // If a working registry does not have the schema, waiting does not help. A 404 of a proxy does not prove that.
    if (isMissing(error) && (await diagnoseRegistry(settings)) === null)
      throw new UnknownSchemaError(`the schema registry knows no schema ${id}`, { cause: error });
    throw new RegistryError(
      `the schema registry at ${settings.SCHEMA_REGISTRY_URL} did not give schema ${id}; \`npx qcc doctor\` says what is wrong with it`,
      { cause: error },
    );
  }
  try {
    const resolver = reader.createResolver(writer);
    return { read: (body) => reader.fromBuffer(body, resolver), drops: missingFields(writer, reader) };
  } catch (error) {
    throw new UndecodableError(`schema ${id} cannot be read as ${reader.name}`, { cause: error });
  }
}

/** Two services that register the same new subject at once: one gets 409, and finds it registered when it asks again. */
const CONFLICT_RETRIES = 5;

async function schemaId(
  registry: SchemaRegistry,
  settings: RegistrySettings,
  subject: string,
  topic: AvroTopic,
  log?: { debug(message: string): void },
): Promise<number> {
  const schema = JSON.stringify(loadSchema(topic));
  const confluent = { type: 'AVRO' as const, schema };
  try {
    if (settings.SCHEMAS === 'check')
      return await askAgain(() => registry.getRegistryIdBySchema(subject, confluent as never));
    return await pRetry(
      async () => {
        const compatibility = COMPATIBILITY.FULL_TRANSITIVE;
        return (await askAgain(() => registry.register(confluent as never, { subject, compatibility }))).id;
      },
      {
        retries: CONFLICT_RETRIES,
        minTimeout: 100,
        randomize: true,
        shouldRetry: ({ error }) => statusOf(error) === 409,
        onFailedAttempt: ({ error }) =>
          log?.debug(`registering ${subject} met another that registers it: ${error.message}`),
      },
    );
  } catch (error) {
    const problem = await diagnoseRegistry(settings);
    if (problem) throw new RegistryError(problem.message, { cause: problem.cause });
    const where = settings.SCHEMA_REGISTRY_URL;
    if (error instanceof DeadlineError) {
      throw new RegistryError(
        `the schema registry at ${where} did not register or find ${subject} in ${TRIES} tries of ${REQUEST_LIMIT_MS / 1_000} s: see its own log`,
        { cause: error },
      );
    }
    if (settings.SCHEMAS === 'check' && isMissing(error)) {
      throw new RegistryError(
        `the subject ${subject} at ${where} lacks this version's schema (schemas/${topic}.avsc): start a service once with SCHEMAS=apply, the default, which registers it, or register it manually`,
        { cause: error },
      );
    }
    throw new RegistryError(
      `the schema registry at ${where} refused the schema of ${subject}: compare schemas/${topic}.avsc with the registered schema, or set another TOPIC_PREFIX`,
      { cause: error },
    );
  }
}

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;

/** The registry reports an unknown schema with status 404. The library's own lookups report it only in the message. */
const isMissing = (error: unknown): boolean =>
  statusOf(error) === 404 || (error instanceof Error && /not found/i.test(error.message));

function registryOptions(settings: RegistrySettings) {
  const { SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = settings;
  return {
    host: settings.SCHEMA_REGISTRY_URL,
    clientId: 'qcc-pipeline',
    middlewares: [limitRequest],
    retry: { maxRetryTimeInSecs: 2, initialRetryTimeInSecs: 0.1, factor: 0.2, multiplier: 2, retries: 3 },
    ...(username !== undefined && { auth: { username, password: password ?? '' } }),
    ...(settings.SCHEMA_REGISTRY_CA_FILE !== undefined && {
      agent: new Agent({ ca: readFileSync(settings.SCHEMA_REGISTRY_CA_FILE) }),
    }),
  };
}
