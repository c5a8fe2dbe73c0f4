import { open } from 'node:fs/promises';

const END_OF_DIRECTORY_BYTES = 22;
const FIXED = { local: 30, directory: 46 } as const;
const AES_EXTRA_ID = 0x9901;

/**
 * Turns an archive of one AE-2 entry into AE-1: the version in both AES extra fields becomes 1, and the CRC of the
 * plaintext, which AE-2 leaves 0, is filled in wherever the format has a place for it (WinZip's AES specification,
 * section III.A; APPNOTE 4.3.7, 4.3.9, 4.3.12). Entries below 4 GiB and archives without a comment only.
 */
export async function makeAe1(file: string, checksum: number): Promise<void> {
  await using handle = await open(file, 'r+');
  const { size } = await handle.stat();
  const read = async (position: number, length: number): Promise<Buffer> => {
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer;
  };
  const write = (bytes: Buffer, position: number) => handle.write(bytes, 0, bytes.length, position);

  const end = await read(size - END_OF_DIRECTORY_BYTES, END_OF_DIRECTORY_BYTES);
  const directoryAt = end.readUInt32LE(16);
  const directory = await read(directoryAt, size - END_OF_DIRECTORY_BYTES - directoryAt);
  const compressedSize = directory.readUInt32LE(20);
  directory.writeUInt32LE(checksum, 16);
  setVersion(directory, FIXED.directory + directory.readUInt16LE(28), directory.readUInt16LE(30));
  await write(directory, directoryAt);

  const fixed = await read(0, FIXED.local);
  const [nameLength, extraLength] = [fixed.readUInt16LE(26), fixed.readUInt16LE(28)];
  const local = await read(0, FIXED.local + nameLength + extraLength);
  const hasDescriptor = (local.readUInt16LE(6) & 0x0008) !== 0;
  if (!hasDescriptor) local.writeUInt32LE(checksum, 14);
  setVersion(local, FIXED.local + nameLength, extraLength);
  await write(local, 0);
  if (!hasDescriptor) return;

  const descriptor = await read(local.length + compressedSize, 8);
  descriptor.writeUInt32LE(checksum, 4);
  await write(descriptor, local.length + compressedSize);
}

function setVersion(header: Buffer, extraAt: number, extraLength: number): void {
  for (let at = extraAt; at < extraAt + extraLength; at += 4 + header.readUInt16LE(at + 2)) {
    if (header.readUInt16LE(at) === AES_EXTRA_ID) header.writeUInt16LE(1, at + 4);
  }
}
