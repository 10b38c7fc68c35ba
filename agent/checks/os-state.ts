/** The operating system: which it is, how long it gets updates, whether it waits for a restart, how it went down, its clock. */
import type { Check } from './check.ts';

export const osState: Check = {
  name: 'os_state',
  every: 3_600_000,
  heavy: true,
  reads:
    'os-release and distro-info, /run/reboot-required, installed kernels, wtmp, timedatectl or chronyc; ' +
    'Windows: registry, w32tm; macOS: SystemVersion.plist, sntp. No root',
  async run(context) {
    const { readOsState } = await import('./os/state.ts');
    return readOsState(context);
  },
};
