import { CommandFailure, type Terminal } from './terminal.ts';

/**
 * Asks a person to type `expected`.
 * @param nothing Says that the command did nothing: `nothing was changed`.
 * @throws CommandFailure if another text is typed, or nobody can be asked.
 */
export async function confirm(
  { ask }: Terminal,
  { question, expected, nothing }: { question: string; expected: string; nothing: string },
): Promise<void> {
  if (ask === null)
    throw new CommandFailure(
      `nobody can confirm this, because standard input is not a terminal: add --yes to skip the question; ${nothing}`,
    );
  const typed = await ask(question);
  if (typed.trim() !== expected) throw new CommandFailure(nothing);
}

/** Who decided something, and why. */
export type Decision = { who: string; why: string };

/** The texts without blanks around them. @throws CommandFailure if one is blank: both are kept for an auditor. */
export function requireDecision({ who, why }: Decision): Decision {
  const decision = { who: who.trim(), why: why.trim() };
  for (const [option, text] of Object.entries(decision)) {
    if (text === '')
      throw new CommandFailure(`--${option} is blank: an auditor will want to read it; nothing was changed`);
  }
  return decision;
}
