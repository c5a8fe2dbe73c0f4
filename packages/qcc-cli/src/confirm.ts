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
  if (ask === null) throw new CommandFailure(`nobody can confirm it here: add --yes if it is meant; ${nothing}`);
  const typed = await ask(question);
  if (typed.trim() !== expected) throw new CommandFailure(nothing);
}
