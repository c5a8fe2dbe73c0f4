/**
 * The extractor's heap: a small young generation, and an old one that is collected at four times what lives in it. Hardly
 * anything lives there, but V8 counts buffers to it: the pieces of an archive and the requests to the brokers had it collected
 * twenty times in an archive of 200,000 records (decision 20). To be imported first.
 */
import 'qcc-core/base/keep-young-heap-small';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--heap-growing-percent=300');
