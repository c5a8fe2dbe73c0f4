import { detailEnricher } from 'detail-enricher/compose';
import { runService } from 'qcc-core/service';
import { createReach } from '../fail-points.ts';
import { withFailPoints } from '../with-fail-points.ts';

await runService(withFailPoints(detailEnricher, createReach(process.env)));
