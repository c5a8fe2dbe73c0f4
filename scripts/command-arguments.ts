import { type ParseArgsConfig, parseArgs } from 'node:util';

/** `parseArgs` for a command. If it refuses the words that were typed, the program ends as in {@link refuseArguments}. */
export function parseArguments<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return refuseArguments((error as Error).message);
  }
}

/** Prints what is wrong with the words that were typed, without a stack trace, and ends the program with 2. */
export function refuseArguments(reason: string): never {
  console.error(reason);
  process.exit(2);
}
