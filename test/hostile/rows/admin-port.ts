import { startPipeline } from '../../harness/pipeline.ts';
import { createTally, type HostileRow } from '../row.ts';

const ADMIN_PATHS = ['/metrics', '/livez', '/readyz', '/', '/METRICS', '/metrics/', '//metrics', '/%6detrics'];

/** Asked for on the public port; on the admin port the same process answers. */
export const adminPort: HostileRow = {
  name: 'admin-port',
  attack: 'admin pages asked for on the public port',
  mustHold: 'the public port answers 404 as JSON; the pages stand on a port of their own, on loopback',
  async run({ stack }) {
    await using pipeline = await startPipeline({ stack });
    const tally = createTally();
    const publicPort = pipeline.env.GATEWAY_PORT;
    for (const path of ADMIN_PATHS) {
      const response = await fetch(`http://127.0.0.1:${publicPort}${path}`);
      const { status } = (await response.json()) as { status: string };
      tally.count(path, response.status === 404 && status === '404' ? null : `HTTP ${response.status}`);
    }
    return tally.figures();
  },
};
