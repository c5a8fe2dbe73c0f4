import { runService } from 'qcc-core/service';
import { callbackGateway } from './compose.ts';

await runService(callbackGateway);
