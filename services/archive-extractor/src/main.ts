import 'qcc-core/keep-young-heap-small';
import { runService } from 'qcc-core/service';
import { archiveExtractor } from './compose.ts';

await runService(archiveExtractor());
