import './keep-heap-small.ts';
import { runService } from 'qcc-core/service';
import { sink } from './compose.ts';

await runService(sink);
