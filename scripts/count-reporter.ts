import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';

export type Counts = { passed: number; failed: number; skipped: number };

/** Writes how many tests passed, failed and were skipped to the file that `COUNTS_FILE` names, for `npm test`. */
export default class CountReporter implements Reporter {
  readonly #counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  onTestCaseResult(testCase: TestCase): void {
    const { state } = testCase.result();
    if (state !== 'pending') this.#counts[state] += 1;
  }

  onTestRunEnd(): void {
    if (process.env.COUNTS_FILE) writeFileSync(process.env.COUNTS_FILE, JSON.stringify(this.#counts));
  }
}
