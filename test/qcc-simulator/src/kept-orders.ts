import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OrderRequest } from './orders.ts';

/** Order requests in a file, one JSON object a line, from which the same seed makes the same orders again. */
export type KeptOrders = {
  /** The oldest first. */
  readonly earlier: readonly OrderRequest[];
  keep(request: OrderRequest): void;
};

/** Opens the file, or makes it. A line that was cut off when a process was killed goes, with all behind it. */
export function openKeptOrders(file: string): KeptOrders {
  const earlier = readRequests(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, earlier.map(toLine).join(''));
  return { earlier, keep: (request) => appendFileSync(file, toLine(request)) };
}

const toLine = (request: OrderRequest): string => `${JSON.stringify(request)}\n`;

function readRequests(file: string): OrderRequest[] {
  const requests: OrderRequest[] = [];
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) requests.push(JSON.parse(line));
  } catch {
    // No file yet, or the end.
  }
  return requests;
}
