import { runService } from 'qcc-core/service/service';
import { archiveExtractor } from './compose.ts';

await runService(archiveExtractor());
