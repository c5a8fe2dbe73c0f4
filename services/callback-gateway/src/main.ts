import { runService } from 'qcc-core/service/service';
import { callbackGateway } from './compose.ts';

await runService(callbackGateway);
