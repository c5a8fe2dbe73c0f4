/** `npm run services`: the four services against whatever the environment names; their JSON logs go to standard output. */
import { ServiceEndedError, startServices } from './run-services.ts';

const told = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
});

await using services = startServices({ env: process.env });
try {
  await Promise.race([told, services.failed]);
} catch (error) {
  if (!(error instanceof ServiceEndedError)) throw error;
  console.error(`${error.message}; ending the others`);
  process.exitCode = error.exitCode;
}
