import { runService } from 'qcc-core/service/service';
import { alerter } from './compose.ts';

await runService(alerter);
