import { open, truncate, writeFile } from 'node:fs/promises';
import type { Corruption } from './orders.ts';

/** Damages a finished archive. A wrong password and a lying totalSize are no damage to the file: the order has them. */
export async function corruptFile(file: string, corruption: Corruption): Promise<void> {
  switch (corruption) {
    case 'byte':
      return flipByte(file);
    case 'truncated': {
      await using handle = await open(file, 'r+');
      const { size } = await handle.stat();
      return truncate(file, Math.floor(size * 0.6));
    }
    case 'not-a-zip':
      return writeFile(file, '<html><body><h1>502 Bad Gateway</h1></body></html>\n');
    case 'password':
    case 'total-size':
      return;
  }
}

/** In the middle, which is ciphertext: only the authentication code can tell. */
async function flipByte(file: string): Promise<void> {
  await using handle = await open(file, 'r+');
  const { size } = await handle.stat();
  const position = Math.floor(size / 2);
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, position);
  await handle.write(Buffer.from([buffer[0]! ^ 0x01]), 0, 1, position);
}
