import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { runChild } from '../../stack/child.ts';
import { EngineMissingError } from './engine-missing.ts';

const PROGRAMS = ['/usr/sbin/dockerd', '/usr/bin/docker', '/usr/sbin/iptables', '/usr/bin/unshare', '/usr/bin/nsenter'];
/** Debian asks this program whether a service may start at its installation. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs Debian's packages of the engine, without starting it as a service.
 * @throws EngineMissingError on another system, or without the right to install
 */
export async function installEngine(say: (line: string) => void): Promise<void> {
  const reason = whyNot();
  if (reason !== undefined) {
    throw new EngineMissingError(
      `No Docker engine with compose answers, and ${reason}. Install and start one (https://docs.docker.com/engine/install/), then run this again.`,
    );
  }
  if (PROGRAMS.every((program) => existsSync(program))) return;
  say('installing docker.io and iptables from Debian …');
  const hadPolicy = existsSync(POLICY);
  if (!hadPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await runChild('apt-get', ['update', '-qq'], { env });
    await runChild('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'docker.io', 'iptables'], { env });
  } catch (cause) {
    throw new EngineMissingError('No Docker engine answers, and docker.io cannot be installed from Debian', { cause });
  } finally {
    if (!hadPolicy) rmSync(POLICY, { force: true });
  }
}

/** Undefined if an engine can be installed and started here. */
function whyNot(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get'))
    return 'one can be installed on Debian and Ubuntu only';
  if (process.getuid?.() !== 0) return 'only root can install and start one';
  return undefined;
}
