import type { CompanyTruth } from 'qcc-simulator/lives/season-truth';

/** What a reader sees of the name of a company or person. `corpKeyNo` is null where it is not known which company it is. */
export type Mask = (owner: Pick<CompanyTruth, 'kind'>, name: string, corpKeyNo: string | null) => string;
