import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

export type FakeS3 = LoopbackServer & {
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Set, it answers every request with this status. */
  fail: number | undefined;
};

const PAGE = 2;

/**
 * As much of S3 as an evidence store speaks, path style: PUT with the payload's hash in the signature,
 * GET, HEAD, DELETE, and ListObjectsV2 in pages of two, so that paging is walked; folders
 * are listed as objects, as some stores do. Signatures are only asked for.
 */
export async function startFakeS3(bucket: string): Promise<FakeS3> {
  const objects = new Map<string, Buffer>();
  const server = await startLoopbackServer(async (request, response) => {
    const answer = (status: number, body: string | Buffer = '') => response.writeHead(status).end(body);
    const error = (status: number, code: string) => answer(status, `<Error><Code>${code}</Code></Error>`);
    const url = new URL(request.url ?? '', 'http://s3');
    const [, named, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    const body = await buffer(request);
    if (fake.fail !== undefined) return error(fake.fail, 'InternalError');
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return error(403, 'AccessDenied');
    if (named !== bucket) return error(404, 'NoSuchBucket');
    switch (request.method) {
      case 'PUT':
        if (!hasItsHash(request, body)) return error(400, 'BadDigest');
        objects.set(key, body);
        objects.set(`${key.split('/').slice(0, -1).join('/')}/`, Buffer.alloc(0));
        return answer(200);
      case 'DELETE':
        objects.delete(key);
        return answer(204);
      case 'GET':
      case 'HEAD': {
        if (key === '') return answer(200, listPage(objects, url.searchParams));
        const found = objects.get(key);
        return found ? answer(200, request.method === 'GET' ? found : '') : error(404, 'NoSuchKey');
      }
      default:
        return error(405, 'MethodNotAllowed');
    }
  });
  const fake: FakeS3 = { ...server, objects, fail: undefined };
  return fake;
}

const hasItsHash = ({ headers }: IncomingMessage, body: Buffer): boolean =>
  headers['x-amz-content-sha256'] === createHash('sha256').update(body).digest('hex');

function listPage(objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): string {
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after).sort();
  const page = keys.slice(0, PAGE);
  const isTruncated = keys.length > PAGE;
  const contents = page.map(
    (key) =>
      `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size><LastModified>2026-03-16T01:00:00.000Z</LastModified></Contents>`,
  );
  const next = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
  return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
}
