/** `node extract-process.ts FILE`: extracts one archive in a process of its own and prints what came of it and what it took. */
import { keepYoungHeapSmall } from 'archive-extractor/keep-young-heap-small';
import { PASSWORD } from 'archive-extractor/testing/archives';
import { openInProcessExtractor } from './extract-in-process.ts';

// As the service does.
keepYoungHeapSmall();
await using extractor = await openInProcessExtractor({ password: PASSWORD });
const began = performance.now();
const before = process.cpuUsage();
const { records, letters, downloads } = await extractor.extract(process.argv[2]!);
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
const peakMemoryMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
const reasons = letters.map(({ reason }) => reason);
console.log(JSON.stringify({ records: records.length, reasons, downloads, seconds, cpuSeconds, peakMemoryMiB }));
