import { holdPort, isPortFree } from './port-free.mjs';

/** Below the range from which systems draw the ports of outgoing connections. */
const STEADY_PORTS = { first: 15_000, count: 15_000 } as const;

const PARTS = 50;
const PORTS_OF_PART = STEADY_PORTS.count / PARTS;

type Part = { first: number; next: number };

/**
 * A free loopback port for a server that is not started yet, or that ends and starts again: in between, no outgoing connection is
 * given its port. No other process draws it as long as this one lives, and this one draws all its other ports first.
 *
 * @throws Error if none is free.
 */
export async function steadyPort(): Promise<number> {
  const part = await partOfThisProcess();
  for (let tried = 1; tried < PORTS_OF_PART; tried += 1) {
    // One after another, because to try a port is to hold it for a moment: of random ports, one may be that of an earlier draw.
    const port = part.first + 1 + (part.next++ % (PORTS_OF_PART - 1));
    if (await isPortFree(port)) return port;
  }
  throw new Error(`none of the ports ${part.first + 1} to ${part.first + PORTS_OF_PART - 1} of 127.0.0.1 is free`);
}

/** Draws so many different ports, as `steadyPort` does. */
export async function steadyPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await steadyPort());
  return [...ports];
}

/** In the whole process, of which each project of the tests has its own copy of this module. */
function partOfThisProcess(): Promise<Part> {
  const whole = globalThis as { partOfSteadyPorts?: Promise<Part> };
  whole.partOfSteadyPorts ??= claimPart();
  return whole.partOfSteadyPorts;
}

/**
 * Claims a part of the range, because a port is free until its server listens, which takes seconds. The claim is to hold the
 * part's first port. It ends with the process, however that ends.
 */
async function claimPart(): Promise<Part> {
  const start = Math.floor(Math.random() * PARTS);
  for (let tried = 0; tried < PARTS; tried += 1) {
    const first = STEADY_PORTS.first + ((start + tried) % PARTS) * PORTS_OF_PART;
    if (await holdPort(first)) return { first, next: Math.floor(Math.random() * (PORTS_OF_PART - 1)) };
  }
  const last = STEADY_PORTS.first + STEADY_PORTS.count - 1;
  throw new Error(`no part of the ports ${STEADY_PORTS.first} to ${last} is left: ${PARTS} processes draw from them`);
}
