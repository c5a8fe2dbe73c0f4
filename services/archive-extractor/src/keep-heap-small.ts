/**
 * Keeps the young generation small and lets the old one grow to four times what lives in it before it is collected: the extractor
 * keeps hardly anything, and V8, which counts the archive's pieces and the requests to the brokers to it, collected twenty
 * times in an archive of 200,000 records. To be imported first (decision 23).
 */
import 'qcc-core/keep-young-heap-small';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--heap-growing-percent=300');
