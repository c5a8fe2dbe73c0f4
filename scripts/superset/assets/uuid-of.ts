import { createHash } from 'node:crypto';

/** The namespace of this project, drawn once. */
const NAMESPACE = Buffer.from('6f0c5b9e3d5f4b0f9a5e0f3d2b7c41a8', 'hex');

/** The same name has the same UUID on each machine (RFC 9562, version 5): an import updates what an earlier one made. */
export function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
