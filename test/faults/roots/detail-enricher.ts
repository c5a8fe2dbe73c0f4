import { detailEnricher } from 'detail-enricher/compose';
import { runService } from 'qcc-core/service/service';
import { createReach } from '../fail-points.ts';
import { logCalls } from '../log-calls.ts';
import { withFailPoints } from '../with-fail-points.ts';

if (process.env.CALL_LOG) logCalls(process.env.CALL_LOG);

await runService(withFailPoints(detailEnricher, createReach(process.env)));
