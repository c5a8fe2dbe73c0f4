/** The part of the environment by which a service reads its compiled code from the folder that `npm test` names, if one is named. */
const { NODE_COMPILE_CACHE } = process.env;
export const COMPILE_CACHE: Readonly<Record<string, string>> = NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {};
