import avsc from 'avsc';
import pRetry from 'p-retry';
import { describeError } from 'qcc-core/base/errors';
import { RegistryError, UndecodableError } from './errors.ts';
import { fetchWithCa } from './fetch-with-ca.ts';
import { SCHEMAS } from './generated/schemas.ts';
import type { TopicValues } from './generated/topics.ts';
import type { RegistryOptions } from './options.ts';

export type DecodedTopic = keyof typeof SCHEMAS;

export type Decoder = {
  /**
   * Decodes a value in Confluent's wire format, from the writer's schema to that of this version. The first message of each schema
   * asks the registry; others do no I/O.
   * @throws UndecodableError for bytes that will never decode, RegistryError if the registry does not answer
   */
  decode<Topic extends DecodedTopic>(topic: Topic, bytes: Buffer): Promise<TopicValues[Topic]>;
};

const HEADER_BYTES = 5;
const TIMEOUT_MS = 10_000;
const RETRIES = { retries: 4, minTimeout: 100, maxTimeout: 2_000 } as const;
const ACCEPT = 'application/vnd.schemaregistry.v1+json, application/json';

type Read = (body: Buffer) => unknown;

export function createDecoder(options: RegistryOptions & { url: string }): Decoder {
  const types = new Map<DecodedTopic, avsc.Type>();
  const typeOf = (topic: DecodedTopic): avsc.Type => {
    const type = types.get(topic) ?? avsc.Type.forSchema(SCHEMAS[topic] as unknown as avsc.Schema);
    types.set(topic, type);
    return type;
  };
  const readers = new Map<string, Promise<Read>>();
  const readerOf = (topic: DecodedTopic, id: number): Promise<Read> => {
    const name = `${topic}/${id}`;
    const known = readers.get(name);
    if (known) return known;
    const made = makeReader(options, topic, id, typeOf(topic));
    readers.set(name, made);
    made.catch(() => readers.delete(name));
    return made;
  };
  return {
    async decode<Topic extends DecodedTopic>(topic: Topic, bytes: Buffer) {
      if (bytes.length < HEADER_BYTES || bytes[0] !== 0)
        throw new UndecodableError(`a message of ${topic} does not begin with the magic byte of the wire format`);
      const read = await readerOf(topic, bytes.readInt32BE(1));
      try {
        return read(bytes.subarray(HEADER_BYTES)) as TopicValues[Topic];
      } catch (cause) {
        throw new UndecodableError(`a message of ${topic} does not decode with its schema`, { cause });
      }
    },
  };
}

async function makeReader(
  options: RegistryOptions & { url: string },
  topic: DecodedTopic,
  id: number,
  reader: avsc.Type,
): Promise<Read> {
  const schema = await fetchSchema(options, id);
  try {
    const writer = avsc.Type.forSchema(JSON.parse(schema));
    const resolver = reader.createResolver(writer);
    return (body) => reader.fromBuffer(body, resolver);
  } catch (cause) {
    throw new UndecodableError(`schema ${id} cannot be read as a value of ${topic}`, { cause });
  }
}

/** A registry of several nodes may learn of a new schema a little later than the reader of its first message, so 404 is asked again. */
async function fetchSchema(
  { url, username, password = '', ca, fetch: given }: RegistryOptions & { url: string },
  id: number,
): Promise<string> {
  const ask = given ?? (ca !== undefined && /^https:/i.test(url) ? fetchWithCa(ca) : fetch);
  const login = username === undefined ? undefined : Buffer.from(`${username}:${password}`).toString('base64');
  const headers = { accept: ACCEPT, ...(login && { authorization: `Basic ${login}` }) };
  const request = async (): Promise<string> => {
    const response = await ask(`${url.replace(/\/$/, '')}/schemas/ids/${id}`, {
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new StatusError(response.status);
    const { schema } = (await response.json()) as { schema?: unknown };
    if (typeof schema !== 'string') throw new Error('the response has no schema');
    return schema;
  };
  try {
    // p-retry does not repeat a TypeError, which JSON and fetch may throw.
    return await pRetry(
      () =>
        request().catch((error) =>
          Promise.reject(error instanceof StatusError ? error : new Error(describeError(error), { cause: error })),
        ),
      RETRIES,
    );
  } catch (cause) {
    if (cause instanceof StatusError && cause.status === 404)
      throw new UndecodableError(`the schema registry knows no schema ${id}`, { cause });
    throw new RegistryError(`the schema registry at ${url} did not give schema ${id}: ${describeError(cause)}`, {
      cause,
    });
  }
}

class StatusError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`it answered with status ${status}`);
    this.status = status;
  }
}
