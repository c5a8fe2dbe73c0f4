/** The parts that a service, or one of its accounts, needs to be ready, and the problem of each part that is not well. */
export type Health = {
  /** States the condition of one part; `null` is well, a text says what is wrong. */
  set(part: string, problem: string | null): void;
  /** The parts that are not well, those of the parent included; empty when ready. */
  problems(): Readonly<Record<string, string>>;
  /** States something of one part that a person may want to know and that is no problem, such as its server; `null` is nothing. */
  note(part: string, text: string | null): void;
  /** Those of the parent included. */
  notes(): Readonly<Record<string, string>>;
  /** Removes all problems and notes. Each part is "starting" again. */
  reset(): void;
  /** Calls back after each change of a part. */
  onSet(listener: () => void): void;
};

/**
 * Every part starts as "starting" and has to be set well before the service is ready.
 * @param input.parent Its parts have to be well too. Accounts of one service share such parts.
 */
export function createHealth(input: {
  parts: readonly string[];
  parent?: Health;
  onChange?: (ready: boolean) => void;
}): Health {
  const problems = new Map<string, string>();
  const restart = () => {
    problems.clear();
    for (const part of input.parts) problems.set(part, 'starting');
  };
  restart();
  const notes = new Map<string, string>();
  const listeners: (() => void)[] = [];
  const allProblems = () => ({ ...input.parent?.problems(), ...Object.fromEntries(problems) });
  const isReadyNow = () => Object.keys(allProblems()).length === 0;
  let isReady = isReadyNow();
  const judge = () => {
    const wasReady = isReady;
    isReady = isReadyNow();
    if (wasReady !== isReady) input.onChange?.(isReady);
    for (const listener of listeners) listener();
  };
  input.parent?.onSet(judge);
  return {
    set(part, problem) {
      if (problem === null) problems.delete(part);
      else problems.set(part, problem);
      judge();
    },
    problems: allProblems,
    note(part, text) {
      if (text === null) notes.delete(part);
      else notes.set(part, text);
    },
    notes: () => ({ ...input.parent?.notes(), ...Object.fromEntries(notes) }),
    reset() {
      restart();
      notes.clear();
      judge();
    },
    onSet: (listener) => void listeners.push(listener),
  };
}
