/**
 * `npm run hostile`: sends the table of attacks at the real parts and writes what held to docs/security.md. The stack
 * belongs to the campaign, and is removed at the end.
 */
import { runCampaign } from '../test/campaign/run-campaign.ts';
import { HOSTILE_CAMPAIGN } from '../test/hostile/campaign.ts';

await runCampaign(HOSTILE_CAMPAIGN);
