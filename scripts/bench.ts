/**
 * `npm run bench`: measures each stage and the whole, compares them with what a user would pick instead, and writes
 * docs/performance.md. Each row has a new stack, which is removed at its end.
 */
import { BENCHMARK } from '../test/bench/campaign.ts';
import { runCampaign } from '../test/campaign/run-campaign.ts';

await runCampaign(BENCHMARK);
