import type { Description } from '../assets/description.ts';
import { COMPANY_CHARTS, COMPANY_PROFILE } from './company-profile.ts';
import { DATA_QUALITY, QUALITY_CHARTS } from './data-quality.ts';
import { DATASETS } from './datasets.ts';
import { RISK_CHARTS, RISK_OVERVIEW } from './risk-overview.ts';

/** Everything that Superset shows of the pipeline. */
export const DESCRIPTION: Description = {
  datasets: DATASETS,
  charts: [...RISK_CHARTS, ...COMPANY_CHARTS, ...QUALITY_CHARTS],
  dashboards: [RISK_OVERVIEW, COMPANY_PROFILE, DATA_QUALITY],
};
