import { refuseArguments } from '../../scripts/command-arguments.ts';
import { isOfThisCode } from './code-commit.ts';

/** The rows that `--only` asks for, all without it. If it names a row that does not exist, the program ends with 2. */
export function chooseRows(only: string | undefined, names: readonly string[]): readonly string[] {
  const wanted = only?.split(',') ?? names;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    refuseArguments(`there is no row ${unknown.join(', ')}; the rows are ${names.join(', ')}`);
  }
  return wanted;
}

/** For `--resume`: the rows that have no figures of the code that is here now. */
export const withoutDone = (
  names: readonly string[],
  kept: Readonly<Record<string, { commit?: string }>>,
  isDone: (run: { commit?: string }) => boolean = isOfThisCode,
): string[] => names.filter((name) => kept[name] === undefined || !isDone(kept[name]));
