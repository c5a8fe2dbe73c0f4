/** Encodes requests that kafkajs 2.2.4 does not know, decodes their responses, and sends them over its connections. */
import { kafkaJsModule, requireShape } from './guard.ts';

export type Encoder = {
  writeBoolean(value: boolean): Encoder;
  writeInt32(value: number): Encoder;
  writeString(value: string): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
  writeBufferInternal(value: Buffer): unknown;
};
export type Decoder = {
  offset: number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readUVarInt(): number;
  readUVarIntString(): string | null;
  readBytes(length: number): Buffer;
};
/** The connections to one broker. */
export type Connections = {
  send<Response>(protocol: {
    request: ApiRequest;
    response: {
      decode(bytes: Buffer): Promise<Response>;
      parse(response: Response): Promise<Response>;
    };
  }): Promise<Response>;
};
type ApiRequest = { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<Encoder> };
type WithErrorCode = { errorCode: number };

export const Encoder = kafkaJsModule<new () => Encoder>('protocol/encoder.js');
const Decoder = kafkaJsModule<new (bytes: Buffer) => Decoder>('protocol/decoder.js');
const createErrorFromCode = kafkaJsModule<{ createErrorFromCode(code: number): Error }>(
  'protocol/error.js',
).createErrorFromCode;
requireShape('createErrorFromCode', createErrorFromCode, ['code']);

/** @throws errors of kafkajs, also if the response has an error code */
export const sendRequest = <Response extends WithErrorCode>(
  connections: Connections,
  api: Omit<ApiRequest, 'encode'>,
  { encode, decode }: { encode(encoder: Encoder): Encoder; decode(decoder: Decoder): Response },
): Promise<Response> =>
  connections.send<Response>({
    request: { ...api, encode: async () => encode(new Encoder()) },
    response: {
      decode: async (bytes) => decode(new Decoder(bytes)),
      async parse(response) {
        if (response.errorCode !== 0) throw createErrorFromCode(response.errorCode);
        return response;
      },
    },
  });
