import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { describeError } from 'qcc-core/base/errors';
import { EvidenceError, type EvidenceStore, requireKey, STORE_FOLDERS, STORE_MARK } from './store.ts';

export type S3StoreOptions = {
  bucket: string;
  /** Goes before every key; empty, or without a slash at its end. */
  prefix: string;
  region: string;
  /** Of a store that is not Amazon's; the bucket then stands in the path. */
  endpoint?: string | undefined;
  /** Without them, the SDK's own chain: environment, shared files, the role of the machine or pod. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
};

/**
 * Evidence in an S3 bucket: one PUT an object (5 GiB at most). Its SHA-256 is part of the signature, so that the store
 * itself refuses what was changed on the way. Retention and encryption at rest may also be the bucket's.
 */
export function openS3Store({ bucket, prefix, region, endpoint, credentials }: S3StoreOptions): EvidenceStore {
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    // Many stores that speak S3 do not support checksum headers and trailers: S3Proxy answers 501.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
  });
  const root = prefix === '' ? '' : `${prefix}/`;
  const place = `s3://${bucket}/${root}`;
  const at = (key: string) => {
    requireKey(key);
    return { Bucket: bucket, Key: `${root}${key}` };
  };
  const translated = async <Value>(what: string, action: () => Promise<Value>): Promise<Value> => {
    try {
      return await action();
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw new EvidenceError(
        'unavailable',
        `cannot ${what} ${place}: ${describeError(error)}; check EVIDENCE_URL and the EVIDENCE_S3_ settings`,
        { cause: error },
      );
    }
  };

  const store: EvidenceStore = {
    place,
    make: () => store.put(STORE_MARK, Buffer.from('')),
    async contents() {
      if (await store.has(STORE_MARK)) return 'store';
      for (const folder of STORE_FOLDERS) for await (const _object of store.list(`${folder}/`)) return 'store';
      for await (const _object of store.list('')) return 'other';
      return 'nothing';
    },
    put: (key, content) =>
      translated(`keep ${key} in`, async () => {
        const isFile = !(content instanceof Uint8Array);
        const sha256 = isFile ? content.sha256 : createHash('sha256').update(content).digest('hex');
        const command = new PutObjectCommand({
          ...at(key),
          Body: isFile ? createReadStream(content.file) : content,
          ContentLength: isFile ? content.bytes : content.byteLength,
        });
        signPayload(command, sha256);
        await client.send(command);
      }),
    get: (key) =>
      translated(`read ${key} in`, async () => {
        const found = await unlessMissing(client.send(new GetObjectCommand(at(key))));
        return found?.Body instanceof Readable ? found.Body : null;
      }),
    has: (key) =>
      translated(
        `look for ${key} in`,
        async () => (await unlessMissing(client.send(new HeadObjectCommand(at(key))))) !== null,
      ),
    async *list(under) {
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${root}${under}` });
      for (;;) {
        const page = await translated(`list ${under} in`, () => pages.next());
        if (page.done) return;
        for (const { Key, Size, LastModified } of page.value.Contents ?? []) {
          // Consoles and some stores show folders as objects.
          if (Key !== undefined && !Key.endsWith('/') && Key !== `${root}${STORE_MARK}`) {
            yield { key: Key.slice(root.length), bytes: Size ?? 0, putAt: LastModified?.getTime() ?? 0 };
          }
        }
      }
    },
    delete: (key) =>
      translated(`delete ${key} in`, async () => void (await client.send(new DeleteObjectCommand(at(key))))),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
  return store;
}

/** The SDK would leave a stream's hash out of the signature over https. */
function signPayload(command: PutObjectCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build' },
  );
}

async function unlessMissing<Value>(result: Promise<Value>): Promise<Value | null> {
  try {
    return await result;
  } catch (error) {
    // A missing bucket is a 404 as well, but not a missing object.
    const isMissing = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
    if (isMissing && error.name !== 'NoSuchBucket') return null;
    throw error;
  }
}
