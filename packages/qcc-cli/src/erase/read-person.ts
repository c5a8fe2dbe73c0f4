import { readFile } from 'node:fs/promises';
import { foldName, isName, nameParts } from 'qcc-evidence/erasure/person-name';
import { CommandFailure, type Terminal } from '../terminal.ts';

export type PersonOptions = {
  /** True if the option has no value: the name is asked for. */
  person?: string | true;
  personFile?: string;
};

export const NO_NAME = 'It is not a name: 2 to 50 letters, with points, hyphens or blanks between its parts.';

/** A name as it is compared; null for a text that cannot be found as one. */
export function toName(text: string): string | null {
  const name = foldName(text.trim());
  const { length } = nameParts(name);
  return length >= 2 && length <= 50 && isName(name) ? name : null;
}

/**
 * The name to erase as it is compared, undefined if the command is about no person. A name on the command line is used, with a
 * warning: shells keep their commands, and every user of the machine may list the arguments of a process.
 * @throws CommandFailure
 */
export async function readPerson(terminal: Terminal, options: PersonOptions): Promise<string | undefined> {
  const { person, personFile } = options;
  if (person === undefined && personFile === undefined) return undefined;
  if (person !== undefined && personFile !== undefined) {
    throw new CommandFailure('give the name once, by --person or by --person-file; nothing was erased');
  }
  if (typeof person === 'string') {
    terminal.complain(
      'qcc: the name on the command line is in the history of the shell and in the list of processes; --person without a value asks for it, --person-file reads it from a file\n',
    );
  }
  const text =
    personFile !== undefined
      ? await readNameFile(personFile)
      : typeof person === 'string'
        ? person
        : await askForName(terminal);
  const name = toName(text);
  if (name === null) throw new CommandFailure(`${NO_NAME} Nothing was erased.`);
  return name;
}

async function readNameFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandFailure('the file of --person-file cannot be read; nothing was erased', { cause });
  }
}

async function askForName({ ask }: Terminal): Promise<string> {
  if (ask === null) {
    throw new CommandFailure('nobody can be asked for the name here: give it by --person-file; nothing was erased');
  }
  return await ask('Name of the person: ');
}
