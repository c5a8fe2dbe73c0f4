import './heap-growth.ts';
import { runService } from 'qcc-core/service';
import { detailEnricher } from './compose.ts';

await runService(detailEnricher);
