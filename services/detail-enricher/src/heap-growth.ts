/**
 * The enricher's heap: a small young generation, and an old one that is collected at 1.6 times what lives in it, for what is
 * remembered of QCC's answers takes most of the memory that it may have. Collecting at twice that took 3 % less of processor
 * time, at one and a half times 10 to 30 % more, when records were still kept for a batch (decision 20). To be imported first.
 */
import 'qcc-core/base/keep-young-heap-small';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--heap-growing-percent=60');
