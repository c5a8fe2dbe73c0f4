/** Takes alerts as a webhook, in the image of the alerter. Each GET returns how many it has taken, and the first one. */
import { createServer } from 'node:http';

/** @type {object[]} */
const alerts = [];
createServer(async (request, response) => {
  if (request.method === 'POST') {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    alerts.push(...JSON.parse(Buffer.concat(chunks).toString()).data.alerts);
    response.writeHead(204).end();
  } else response.end(JSON.stringify({ count: alerts.length, first: alerts[0] ?? null }));
}).listen(Number(process.env.ADMIN_PORT));
process.on('SIGTERM', () => process.exit());
