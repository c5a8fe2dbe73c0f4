import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';
import type { Form } from './test-form.ts';

/** `left` counts the cases that the short form leaves to the whole one. */
export type Counts = { passed: number; failed: number; skipped: number; left: number };

/** Writes how many tests passed, failed, were skipped and were left out to the file that `COUNTS_FILE` names. */
export default class CountReporter implements Reporter {
  readonly #counts: Counts = { passed: 0, failed: 0, skipped: 0, left: 0 };
  readonly #isShort = process.env.TEST_FORM === ('short' satisfies Form);

  onTestCaseResult(testCase: TestCase): void {
    const { state } = testCase.result();
    if (state === 'pending') return;
    const isLeft = this.#isShort && state === 'skipped' && testCase.tags.includes('whole');
    this.#counts[isLeft ? 'left' : state] += 1;
  }

  onTestRunEnd(): void {
    if (process.env.COUNTS_FILE) writeFileSync(process.env.COUNTS_FILE, JSON.stringify(this.#counts));
  }
}
