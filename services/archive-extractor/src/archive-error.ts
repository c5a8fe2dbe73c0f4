/** Why an archive is refused as a whole. Each is the archive's or its password's own fault: reading it again changes nothing. */
export const ARCHIVE_ERROR_CODES = [
  /** No zip: another format, or not even the first signature of one. */
  'ARCHIVE_NOT_ZIP',
  /** Cut off, or the zip's own structure contradicts itself: headers, sizes, overlapping entries, compressed data. */
  'ARCHIVE_DAMAGED',
  /** An encryption or compression other than AES-256 with Deflate or none. */
  'ARCHIVE_UNSUPPORTED',
  /** More entries, bytes, expansion or refused records than allowed. */
  'ARCHIVE_LIMITS',
  /** Neither corp.json nor dd_corp.json. */
  'ARCHIVE_ENTRY_MISSING',
  /** Both names, or one of them twice. */
  'ARCHIVE_ENTRY_AMBIGUOUS',
  /** The entry is in clear: anybody could have written it. */
  'ARCHIVE_NOT_ENCRYPTED',
  /** The password is not this entry's. */
  'ARCHIVE_PASSWORD',
  /** The HMAC does not fit: bytes were changed, or a wrong password passed the two-byte check (once in 65,536). */
  'ARCHIVE_AUTHENTICATION',
  /** The document is not the JSON it has to be; no borders of records can be trusted. */
  'ARCHIVE_JSON_DAMAGED',
  /** pushDate or totalSize cannot be read. */
  'ARCHIVE_ENVELOPE_INVALID',
] as const;
export type ArchiveErrorCode = (typeof ARCHIVE_ERROR_CODES)[number];

/** An archive that is refused as a whole: nothing of it may be published. Never holds the password or any content. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  constructor(code: ArchiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
