import { runService } from 'qcc-core/service/service';
import { sink } from 'sink/compose';
import { createReach } from '../fail-points.ts';
import { withFailPoints } from '../with-fail-points.ts';

await runService(withFailPoints(sink, createReach(process.env)));
