/** What a service needs before it may be called ready, and what is wrong with each that is not. */
export type Health = {
  /** States the condition of one part; `null` is well, a text says what is wrong. */
  set(part: string, problem: string | null): void;
  /** States trouble that a person should know of although the service does its work; `null` ends it. The service stays ready. */
  warn(part: string, warning: string | null): void;
  warnings(): Readonly<Record<string, string>>;
  /** The parts that are not well, empty when ready. */
  problems(): Readonly<Record<string, string>>;
};

/** Every part starts as "starting" and has to be set well before the service is ready. */
export function createHealth(input: { parts: readonly string[]; onChange?: (ready: boolean) => void }): Health {
  const problems = new Map(input.parts.map((part) => [part, 'starting']));
  const warnings = new Map<string, string>();
  return {
    warn(part, warning) {
      if (warning === null) warnings.delete(part);
      else warnings.set(part, warning);
    },
    warnings: () => Object.fromEntries(warnings),
    set(part, problem) {
      const wasReady = problems.size === 0;
      if (problem === null) problems.delete(part);
      else problems.set(part, problem);
      const isReady = problems.size === 0;
      if (wasReady !== isReady) input.onChange?.(isReady);
    },
    problems: () => Object.fromEntries(problems),
  };
}
