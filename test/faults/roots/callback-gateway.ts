import { callbackGateway } from 'callback-gateway/compose';
import { runService } from 'qcc-core/service/service';
import { createReach } from '../fail-points.ts';
import { withFailPoints } from '../with-fail-points.ts';

await runService(withFailPoints(callbackGateway, createReach(process.env)));
