import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { CallBook } from './calls.ts';
import type { FaultControl } from './faults.ts';
import { type LinkDeps, linkFault } from './links.ts';
import type { Order } from './orders.ts';
import { FAULT_CODES, failRequest } from './transport.ts';

export type FileHostDeps = {
  links: LinkDeps;
  faults: FaultControl;
  calls: CallBook;
  listed: () => readonly Order[];
  archiveOf: (order: Order) => Promise<string>;
};

/** The file host: archives by signed link, refusals as OSS words them. A Token has no business here and is noted. */
export function createFileHost({
  links,
  faults,
  calls,
  listed,
  archiveOf,
}: FileHostDeps): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/DdMonitor/:name', async (context) => {
    const { path } = context.req;
    const order = listed().find(({ filePath }) => filePath === path);
    const record = (code: string) =>
      calls.record({ endpoint: 'download', code, ...(order && { orderNo: order.orderNo }) });
    const { latencyMs, hangMs } = faults.current;
    if (context.req.header('Token') !== undefined || context.req.query('Token') !== undefined) {
      calls.violate('download', 'token-at-file-host');
    }
    const fault = faults.draw('download');
    if (fault) record(FAULT_CODES[fault]);
    if (fault && fault !== 'reset') return failRequest(context, fault, hangMs);
    if (latencyMs > 0) await delay(latencyMs);

    const refuse = (httpStatus: 403 | 404, code: string, message: string) => {
      record(`HTTP_${httpStatus}`);
      return context.body(errorXml(code, message), httpStatus, { 'Content-Type': 'application/xml' });
    };
    const refused = linkFault(links, path, {
      expires: context.req.query('Expires') ?? '',
      accessKeyId: context.req.query('OSSAccessKeyId') ?? '',
      signature: context.req.query('Signature') ?? '',
    });
    if (refused?.code === 'SignatureDoesNotMatch') calls.violate('download', 'bad-link-signature');
    if (refused) return refuse(403, refused.code, refused.message);
    if (!order) return refuse(404, 'NoSuchKey', 'The specified key does not exist.');

    const file = await archiveOf(order);
    const { size } = await stat(file);
    if (!fault) record('HTTP_200');
    return context.body(
      ReadableStream.from(fault ? firstHalf(file, size, context.env.incoming.socket) : createReadStream(file)),
      200,
      {
        'Content-Type': 'application/zip',
        'Content-Length': String(size),
        Server: 'AliyunOSS',
      },
    );
  });
  return app;
}

/** A download that breaks off: what was sent arrives, the rest of Content-Length does not. */
async function* firstHalf(file: string, size: number, socket: Socket): AsyncGenerator<Buffer> {
  yield* createReadStream(file, { end: Math.max(0, Math.floor(size / 2) - 1) });
  if (socket.destroyed) return;
  socket.destroySoon();
  await once(socket, 'close');
}

function errorXml(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>${code}</Code>
  <Message>${message}</Message>
  <HostId>pro-files.qichacha.com</HostId>
</Error>
`;
}
