// In the syntax of Node 12, see stack/places.mjs.

/** What the installation of the dependencies needs; everything else runs on the Node that they bring. */
const LEAST_NODE = 20;

/**
 * @param {string} version such as `v20.1.0`
 * @returns {string[]} one problem with its remedy, or none
 */
export function nodeProblems(version) {
  if (Number.parseInt(version.replace(/^v/, ''), 10) >= LEAST_NODE) return [];
  return [
    `Node ${version.replace(/^v/, '')} is too old: Node ${LEAST_NODE} or newer is needed to begin with. ` +
      'Install a current one, from https://nodejs.org/en/download or with `nvm install --lts`.',
  ];
}
