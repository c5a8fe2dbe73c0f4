import { join } from 'node:path';
import { STACK_DIR } from '../../stack/places.mjs';

const CONTAINERS_DIR = join(STACK_DIR, 'containers');
/** Images and state of an engine that is started here. */
export const ENGINE_DIR = join(CONTAINERS_DIR, 'engine');
/** Settings of `docker`, with compose among its plugins. */
export const CONFIG_DIR = join(CONTAINERS_DIR, 'config');
/** One bill of materials for each image. */
export const SBOM_DIR = join(CONTAINERS_DIR, 'sbom');
