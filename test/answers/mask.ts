import type { CompanyTruth } from 'qcc-simulator/lives/season-truth';

/** Returns the name of a company or person as a reader sees it. `corpKeyNo` is null if the company is not known. */
export type Mask = (owner: Pick<CompanyTruth, 'kind'>, name: string, corpKeyNo: string | null) => string;

/** Names as readers of the plain views see them. */
export const clear: Mask = (_, name) => name;

/** Names as readers of the masked views see them. */
export const maskedWith =
  (pseudonymOf: (corpKeyNo: string) => string): Mask =>
  ({ kind }, name, corpKeyNo) =>
    kind === 'company' || name === '' ? name : `${[...name][0]}※${corpKeyNo === null ? '' : pseudonymOf(corpKeyNo)}`;
