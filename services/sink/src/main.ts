import { runService } from 'qcc-core/service/service';
import { sink } from './compose.ts';

await runService(sink);
