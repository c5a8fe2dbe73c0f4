/**
 * `npm run chaos`: drives the real stack and the four services through the table of faults, and writes what it saw to
 * docs/reliability.md. Rows on one broker share a stack and have separate names in it; each row on three brokers has its own
 * cluster. Stack and clusters belong to the campaign, and are removed at the end.
 */
import { runCampaign } from '../test/campaign/run-campaign.ts';
import { FAULT_CAMPAIGN } from '../test/faults/campaign.ts';

await runCampaign(FAULT_CAMPAIGN);
