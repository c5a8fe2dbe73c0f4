/** `node extract-process.ts FILE`: extracts one archive in a process of its own and prints what came of it and what it took. */
import { existsSync, readFileSync } from 'node:fs';
import { PASSWORD } from 'qcc-archive/testing/archives';
import { openInProcessExtractor } from './extract-in-process.ts';

await using extractor = await openInProcessExtractor({ password: PASSWORD });
const began = performance.now();
const before = process.cpuUsage();
const { records, deadLetters, downloads } = await extractor.extract(process.argv[2]!);
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
const peakMemoryMiB = Math.round(peakKiB() / 1_024);
const reasons = deadLetters.map(({ reason }) => reason);
console.log(JSON.stringify({ records: records.length, reasons, downloads, seconds, cpuSeconds, peakMemoryMiB }));

/** Linux lets maxRSS begin with what the parent had when it forked; the peak of this program alone stands in its status. */
function peakKiB(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
}
