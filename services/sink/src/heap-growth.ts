/**
 * The sink's heap: a small young generation, and an old one that is collected at 2.4 times what lives in it, as it keeps less
 * than the enricher (decision 20). To be imported first.
 */
import 'qcc-core/base/keep-young-heap-small';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--heap-growing-percent=140');
