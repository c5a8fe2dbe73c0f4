import { tellWhile } from './tell-while.mjs';

/** What the parts of a stack that are not ready yet do now. */
export type Steps = {
  /** For the part's `onStep`. */
  of(part: string): (step: () => string) => void;
  /** The part is ready. */
  end(part: string): void;
  /** Waits for the work, and tells every few seconds what the parts do. */
  during<Result>(work: Promise<Result>): Promise<Result>;
};

export function followSteps(tell: (line: string) => void): Steps {
  const current = new Map<string, () => string>();
  return {
    of: (part) => (step) => current.set(part, step),
    end: (part) => current.delete(part),
    during: (work) =>
      tellWhile(work, (elapsed) => {
        const steps = [...current].map(([part, step]) => `${part} ${step()}`);
        if (steps.length > 0) tell(`  ${elapsed}: ${steps.join(', ')}`);
      }),
  };
}
