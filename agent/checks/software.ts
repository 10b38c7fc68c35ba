/** The inventory of installed software. Sent when it changes, and daily; the runner of the sections sees to that. */
import type { Check } from './check.ts';

export const software: Check = {
  name: 'software',
  every: 24 * 3_600_000,
  heavy: true,
  reads: 'dpkg status, rpm -qa, apk info, pacman -Q; Windows: uninstall keys; macOS: system_profiler, mdls. No root',
  async run(context) {
    const { readSoftware } = await import('./software/read.ts');
    return readSoftware(context);
  },
};
