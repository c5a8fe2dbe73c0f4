/**
 * A company's name as names are compared: NFKC makes brackets and letters half-width, and blanks go. The view `portfolio_matches`
 * applies the same rule.
 */
export const normalizeName = (name: string): string => name.normalize('NFKC').replace(/[\s\p{Z}]/gu, '');
