import type { StackEnv } from '../../stack/stack.ts';
import { openTestBed, type TestBed } from '../harness/pipeline.ts';

/** Settings under which faults pass quickly. */
const FAULT_ENV: Readonly<Record<string, string>> = {
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  DETAIL_WAIT_MS: '300',
  DETAIL_RATE_PER_SECOND: '1000',
  // A lookup takes a fifth of a second here while brokers come back. With the default, eight at a time, thousands of details that have
  // gathered during a fault take up to two minutes, and a row would tell of that instead of the fault.
  DETAIL_CONCURRENCY: '32',
  LOG_LEVEL: 'info',
};

/** A test bed on which faults pass quickly, and whose QCC needs more than one request for some details. */
export const openFaultBed = (
  stack: StackEnv,
  { seed, env }: { seed: string; env?: Readonly<Record<string, string>> },
): Promise<TestBed> =>
  openTestBed({
    stack,
    simulator: { seed, faults: { processingShare: 0.2, processingAsks: 1 } },
    env: { ...FAULT_ENV, ...env },
  });
