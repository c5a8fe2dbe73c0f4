import { CommandFailure } from './terminal.ts';

/** Who decided something, and why. */
export type Decision = { who: string; why: string };

/** The texts without blanks around them. @throws CommandFailure where one is blank: both are kept for an auditor. */
export function requireDecision({ who, why }: Decision): Decision {
  const decision = { who: who.trim(), why: why.trim() };
  for (const [option, text] of Object.entries(decision)) {
    if (text === '')
      throw new CommandFailure(`--${option} is blank: an auditor will want to read it; nothing was changed`);
  }
  return decision;
}
