import 'qcc-core/keep-heap-small';
import { runService } from 'qcc-core/service';
import { sink } from './compose.ts';

await runService(sink);
