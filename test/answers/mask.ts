import type { CompanyTruth } from 'qcc-simulator/lives/season-truth';

/** Returns the name of a company or person as a reader sees it. `corpKeyNo` is null if the company is not known. */
export type Mask = (owner: Pick<CompanyTruth, 'kind'>, name: string, corpKeyNo: string | null) => string;
