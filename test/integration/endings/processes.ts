import { readdirSync, readFileSync } from 'node:fs';

export type Found = { pid: number; command: string };

/** All processes with the text in their command line or environment. Zombies do not count. */
export function processesWith(text: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`);
      return command.includes(text) || read(`/proc/${pid}/environ`).includes(text)
        ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ').trim() }]
        : [];
    })
    .filter(({ command }) => command !== '');
}

/** Empty if the process has ended in the meantime. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
