/** What to do if something was erased while a command wrote what it had read before. @param what That it wrote. */
export const erasedMeanwhile = (what: string): string =>
  `something was erased while this ran, and ${what} may have it again: run \`npx qcc erase\` for the same subject again, and then this`;
