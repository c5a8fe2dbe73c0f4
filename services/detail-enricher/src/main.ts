import 'qcc-core/keep-heap-small';
import { runService } from 'qcc-core/service';
import { detailEnricher } from './compose.ts';

await runService(detailEnricher);
