/** Which proxy is on the way to the collector, for a machine where no environment says so. Without what goes through it. */
import { settingsFile } from './home.ts';
import { readTrusted } from './trusted-path.ts';

/** Of this machine's settings file, where the environment names none. Faults of that file are said by `doctor`. */
export function takeProxyOf(data: string): void {
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return;
  try {
    const { proxy } = JSON.parse(readTrusted(settingsFile(data, 'agent.settings.json')).toString('utf8')) as Record<
      string,
      unknown
    >;
    if (typeof proxy === 'string' && /^https?:/.test(proxy)) process.env.HTTPS_PROXY = proxy;
  } catch {
    // None, or not one that can be read.
  }
}
