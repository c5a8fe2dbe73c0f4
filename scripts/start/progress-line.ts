import type { WriteStream } from 'node:tty';

/** Lines of a log come at most this often. */
const LOG_INTERVAL_MS = 5_000;

/** Shows how far something is: on a terminal one line that changes, in a log a line now and then. */
export function progressLine(stream: WriteStream): (line: string) => void {
  let shown = '';
  let shownAt = -Infinity;
  return (line) => {
    if (line === shown) return;
    const now = performance.now();
    if (stream.isTTY) {
      stream.write(`\r\u001b[2K  ${line}`);
    } else {
      if (now - shownAt < LOG_INTERVAL_MS) return;
      stream.write(`  ${line}\n`);
    }
    shown = line;
    shownAt = now;
  };
}
