import './keep-heap-small.ts';
import { runService } from 'qcc-core/service';
import { detailEnricher } from './compose.ts';

await runService(detailEnricher);
