/** What a service needs before it may be called ready, and what is wrong with each that is not. */
export type Health = {
  /** States the condition of one part; `null` is well, a text says what is wrong. */
  set(part: string, problem: string | null): void;
  /** The parts that are not well, empty when ready. */
  problems(): Readonly<Record<string, string>>;
  /** States something of one part that a person may want to know and that is no problem, such as its server; `null` is nothing. */
  note(part: string, text: string | null): void;
  notes(): Readonly<Record<string, string>>;
};

/** Every part starts as "starting" and has to be set well before the service is ready. */
export function createHealth(input: { parts: readonly string[]; onChange?: (ready: boolean) => void }): Health {
  const problems = new Map(input.parts.map((part) => [part, 'starting']));
  const notes = new Map<string, string>();
  return {
    set(part, problem) {
      const wasReady = problems.size === 0;
      if (problem === null) problems.delete(part);
      else problems.set(part, problem);
      const isReady = problems.size === 0;
      if (wasReady !== isReady) input.onChange?.(isReady);
    },
    problems: () => Object.fromEntries(problems),
    note(part, text) {
      if (text === null) notes.delete(part);
      else notes.set(part, text);
    },
    notes: () => Object.fromEntries(notes),
  };
}
