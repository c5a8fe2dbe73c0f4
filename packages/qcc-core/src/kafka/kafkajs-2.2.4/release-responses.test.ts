import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import './release-responses.ts';

const responseOf = (content: readonly number[]): Buffer => {
  const response = Buffer.alloc(4 + content.length);
  response.writeInt32BE(content.length);
  response.set(content, 4);
  return response;
};

test('kafkajs reads each response, in one piece or in several, and keeps none', () => {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/connection.js');
  const payloads: Buffer[] = [];
  const connection = Object.create(prototype, {
    chunks: { value: [], writable: true },
    bytesBuffered: { value: 0, writable: true },
    bytesNeeded: { value: 4, writable: true },
    authHandlers: { value: null },
    requestQueue: { value: { fulfillRequest: ({ payload }: { payload: Buffer }) => void payloads.push(payload) } },
  });
  const correlationId = [0, 0, 0, 7];
  for (const cutAt of [0, 2, 6, 10]) {
    const response = responseOf([...correlationId, 1, 2, 3, 4]);
    for (const piece of [response.subarray(0, cutAt), response.subarray(cutAt)]) connection.processData(piece);
    expect(payloads.at(-1)).toEqual(response.subarray(8));
    expect(connection.chunks).toEqual([]);
  }
});
