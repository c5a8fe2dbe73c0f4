import './heap-growth.ts';
import { runService } from 'qcc-core/service';
import { sink } from './compose.ts';

await runService(sink);
