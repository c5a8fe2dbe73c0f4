import { getRequest, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';

const PAGES = ['/metrics', '/livez', '/readyz'];
const ADMIN_PATHS = [...PAGES, '/', '/METRICS', '/metrics/', '//metrics', '/%6detrics'];

/** Asked for on the public port; on the admin port the same process answers. */
export const adminPort: HostileRow = {
  name: 'admin-port',
  title: 'requests for admin pages on the public port',
  mustHold: 'the public port answers 404 as JSON; the pages are on a separate port, on loopback',
  async run({ target }) {
    const { gatewayPort, adminPorts } = await target.open();
    const tally = createTally();
    for (const path of ADMIN_PATHS) {
      const answer = await sendRaw(gatewayPort, getRequest(path));
      tally.count(path, answer?.status === 404 ? null : `HTTP ${answer?.status}`);
    }
    for (const path of PAGES) {
      const page = await fetch(`http://127.0.0.1:${adminPorts['callback-gateway']}${path}`);
      tally.count(`${path} on the admin port`, page.ok ? null : `HTTP ${page.status}`);
    }
    return tally.figures();
  },
};
