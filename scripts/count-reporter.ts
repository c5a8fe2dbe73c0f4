import { appendFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { ROOT } from '../stack/places.ts';
import type { Form } from './test-form.ts';

/** `left` counts the cases that the short form leaves to the whole one. */
export type Counts = { passed: number; failed: number; skipped: number; left: number };

/** Of a message, which can hold a whole page. */
const LONGEST_MESSAGE = 600;

/** Writes how many tests passed, failed, were skipped and were left out to the file that `COUNTS_FILE` names, and each failure to `FAILURES_FILE`. */
export default class CountReporter implements Reporter {
  readonly #counts: Counts = { passed: 0, failed: 0, skipped: 0, left: 0 };
  readonly #isShort = process.env.TEST_FORM === ('short' satisfies Form);

  onTestCaseResult(testCase: TestCase): void {
    const { state, errors } = testCase.result();
    if (state === 'pending') return;
    const isLeft = this.#isShort && state === 'skipped' && testCase.tags.includes('whole');
    this.#counts[isLeft ? 'left' : state] += 1;
    if (state === 'failed') noteFailure(`${pathOf(testCase.module)} > ${testCase.fullName}`, errors);
  }

  /** Errors outside a case: a file that does not load, or a hook that fails. */
  onTestModuleEnd(testModule: TestModule): void {
    const suites = [testModule, ...testModule.children.allSuites()];
    const errors = suites.flatMap((suite) => suite.errors());
    if (errors.length > 0) noteFailure(pathOf(testModule), errors);
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly { message: string }[]): void {
    if (unhandled.length > 0) noteFailure('outside the tests', unhandled);
    if (process.env.COUNTS_FILE) writeFileSync(process.env.COUNTS_FILE, JSON.stringify(this.#counts));
  }
}

/** Adds to the file that `FAILURES_FILE` names, at once, so that a run that is ended later has said what failed. */
export function noteFailure(what: string, errors: readonly { message: string }[] = []): void {
  if (!process.env.FAILURES_FILE) return;
  const messages = errors.map(({ message }) => message.slice(0, LONGEST_MESSAGE));
  appendFileSync(process.env.FAILURES_FILE, `${[what, ...messages].join('\n  ')}\n`);
}

const pathOf = (testModule: TestModule): string => relative(ROOT, testModule.moduleId);
