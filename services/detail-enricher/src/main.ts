import { runService } from 'qcc-core/service/service';
import { detailEnricher } from './compose.ts';

await runService(detailEnricher);
