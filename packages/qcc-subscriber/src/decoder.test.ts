import avsc from 'avsc';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test } from 'vitest';
import { createDecoder } from './decoder.ts';
import { RegistryError, UndecodableError } from './errors.ts';
import { SCHEMAS } from './generated/schemas.ts';

const RECORDS = SCHEMAS.portfolio as unknown as { fields: { name: string }[] };
const MEMBER = { account: 'main', portfolio: 'default', member: 'm', loadedAt: 1 };
const FIRST_FIELDS = { ...RECORDS, fields: RECORDS.fields.filter(({ name }) => name in MEMBER) };

/** A registry that knows some schemas, and how often it was asked. */
function registry(schemas: Readonly<Record<number, object>>, { failures = 0 } = {}) {
  const asked: string[] = [];
  const fetch = async (url: unknown): Promise<Response> => {
    asked.push(String(url));
    if (asked.length <= failures) throw new TypeError('fetch failed');
    const schema = schemas[Number(String(url).split('/').at(-1))];
    return schema ? Response.json({ schema: JSON.stringify(schema) }) : new Response('{}', { status: 404 });
  };
  return { asked, decoder: createDecoder({ url: 'http://registry/v7/', fetch: fetch as typeof globalThis.fetch }) };
}
const message = (id: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
};
const encoded = message(7, avsc.Type.forSchema(FIRST_FIELDS as avsc.Schema).toBuffer(MEMBER));

test('a value of an older schema gets the defaults of newer fields, and the schema is asked for once', async () => {
  const { decoder, asked } = registry({ 7: FIRST_FIELDS });
  const decoded = [await decoder.decode('portfolio', encoded), await decoder.decode('portfolio', encoded)];
  for (const each of decoded) expect(each).toMatchObject({ ...MEMBER, removed: false, name: null, attributes: {} });
  expect(asked).toEqual(['http://registry/v7/schemas/ids/7']);
});

test('a registry that fails for a moment is asked again', async () => {
  const { decoder } = registry({ 7: FIRST_FIELDS }, { failures: 2 });
  expect(await decoder.decode('portfolio', encoded)).toMatchObject(MEMBER);
});

test('a registry with a URL of http is asked, also if an authority is set', async () => {
  await using server = await startLoopbackServer(
    (_, response) => void response.end(JSON.stringify({ schema: JSON.stringify(FIRST_FIELDS) })),
  );
  const decoder = createDecoder({ url: server.url, ca: 'for https' });
  expect(await decoder.decode('portfolio', encoded)).toMatchObject(MEMBER);
});

test('a registry that does not answer is no fault of the message, and is asked again for the next one', async () => {
  const { decoder } = registry({ 7: FIRST_FIELDS }, { failures: 5 });
  await expect(decoder.decode('portfolio', encoded)).rejects.toBeInstanceOf(RegistryError);
  expect(await decoder.decode('portfolio', encoded)).toMatchObject(MEMBER);
});

test.each([
  ['no wire format', Buffer.from('not Avro')],
  ['too few bytes', Buffer.alloc(4)],
  ['an unknown schema', message(8, Buffer.alloc(4))],
  ['a body that ends too early', encoded.subarray(0, 8)],
  ['a schema that is not of the topic', message(9, Buffer.alloc(4))],
])('a message with %s is undecodable', async (_, bytes) => {
  const { decoder } = registry({ 7: FIRST_FIELDS, 9: { type: 'record', name: 'Other', fields: [] } });
  await expect(decoder.decode('portfolio', bytes)).rejects.toBeInstanceOf(UndecodableError);
});
