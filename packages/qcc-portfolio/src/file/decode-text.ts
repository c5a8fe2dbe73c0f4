import { PortfolioFileError } from '../portfolio-file-error.ts';

export type DecodedText = { text: string; encoding: 'UTF-8' | 'UTF-16' | 'GB18030' };

/**
 * The text of a file, without its byte order mark. Bytes that are valid UTF-8 are UTF-8, because Chinese text in GB18030 almost never
 * is. A byte order mark says UTF-16, in which Excel writes "Unicode text". All other bytes have to be valid GB18030, which contains GBK
 * and GB2312.
 * @throws PortfolioFileError
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const text = isUtf16 ? decode(bytes, bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : decode(bytes, 'utf-8');
  if (text !== null) return { text, encoding: isUtf16 ? 'UTF-16' : 'UTF-8' };
  const chinese = isUtf16 ? null : decode(bytes, 'gb18030');
  if (chinese !== null) return { text: chinese, encoding: 'GB18030' };
  throw new PortfolioFileError(
    'the file is neither UTF-8 nor GB18030: save it again as "CSV UTF-8" or as an Excel workbook (.xlsx)',
  );
}

function decode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
