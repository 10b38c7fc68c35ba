/** Whether a firewall decides about what comes in. */
import { type CheckContext, NoData } from '../check.ts';
import { exists, fileText } from '../files.ts';
import { looseJson, numberOf, objectOf, objectsOf } from '../loose.ts';
import { parsePlist } from '../plist.ts';
import { type HealthReading, type HealthSource, hour, item, metric } from './source.ts';

export interface Firewall {
  on: boolean | null;
  words: string;
}

/** /etc/ufw/ufw.conf */
export function parseUfwConf(text: string): Firewall {
  const value = /^\s*ENABLED=["']?(yes|no)/im.exec(text)?.[1]?.toLowerCase();
  if (value === undefined) return { on: null, words: 'ufw does not say' };
  return { on: value === 'yes', words: `ufw is ${value === 'yes' ? 'on' : 'off'}` };
}

/** `nft -j list ruleset`: on when a chain at the input hook drops or rejects, by policy or by rule. */
export function parseNftRuleset(text: string): Firewall {
  const entries = objectOf(looseJson(text)).nftables;
  if (!Array.isArray(entries)) return { on: null, words: 'the rules of nftables cannot be read' };
  const objects = objectsOf(entries);
  const inputs = objects.map((entry) => objectOf(entry.chain)).filter((chain) => chain.hook === 'input');
  const names = new Set(inputs.map((chain) => `${chain.family} ${chain.table} ${chain.name}`));
  const dropping = inputs.some((chain) => chain.policy === 'drop');
  // Rules in chains that the input chain jumps to count as well, so only the verdicts are looked for.
  const verdict = (value: unknown) => /"(drop|reject)":/.test(JSON.stringify(value ?? ''));
  const rules = objects.map((entry) => objectOf(entry.rule)).filter((rule) => verdict(rule.expr));
  const on = dropping || (inputs.length > 0 && rules.length > 0);
  if (on) return { on: true, words: `nftables: ${names.size} input chains` };
  return {
    on: false,
    words: inputs.length === 0 ? 'no rules for what comes in' : 'the input chains let everything in',
  };
}

/** com.apple.alf.plist up to macOS 14: globalstate 0 off, 1 on, 2 all blocked; later `socketfilterfw --getglobalstate`. */
export function parseMacFirewall(text: string): Firewall {
  const plist = objectOf(parsePlist(text));
  const state = numberOf(plist.globalstate) ?? numberOf(/State\s*=\s*(\d)/.exec(text)?.[1]);
  if (state === null) return { on: null, words: 'the firewall does not say' };
  return { on: state > 0, words: state > 0 ? 'on' : 'off' };
}

/** Get-NetFirewallProfile: on only when all profiles are. */
export function judgeWindowsFirewall(profiles: readonly Readonly<Record<string, unknown>>[]): Firewall {
  const states = profiles.map(({ Name, Enabled }) => ({
    name: String(Name),
    on: Enabled === true || Enabled === 1 || Enabled === 'True',
  }));
  if (states.length === 0) return { on: null, words: 'the firewall does not say' };
  const off = states.filter((state) => !state.on).map((state) => state.name);
  return { on: off.length === 0, words: off.length === 0 ? 'on in all profiles' : `off: ${off.join(', ')}` };
}

export function firewallReading({ on, words }: Firewall, now: number): HealthReading {
  const status = on === null ? 'unknown' : on ? 'ok' : 'warning';
  return {
    items: [item('firewall', 'system', status, words, { on }, now)],
    metrics: metric('posture', { path: 'system' }, { firewall: on === null ? null : Number(on) }, now),
  };
}

export const firewall: HealthSource = {
  name: 'firewall',
  every: hour,
  reads: 'ufw.conf, /run/firewalld, nft -j list ruleset (root); macOS: socketfilterfw. Windows: see windows',
  platforms: ['linux', 'darwin'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const limits = { timeoutMs: 15_000 };
  if (context.platform === 'darwin') {
    const answer = await context.run('/usr/libexec/ApplicationFirewall/socketfilterfw', ['--getglobalstate'], limits);
    return firewallReading(parseMacFirewall(answer.stdout), now);
  }
  const ufw = await fileText(context, '/etc/ufw/ufw.conf');
  const byUfw = ufw === null ? null : parseUfwConf(ufw);
  if (byUfw?.on) return firewallReading(byUfw, now);
  if (await exists(context, '/run/firewalld')) return firewallReading({ on: true, words: 'firewalld runs' }, now);
  try {
    const answer = await context.run('nft', ['-j', 'list', 'ruleset'], limits);
    if (answer.code === 0) return firewallReading(parseNftRuleset(answer.stdout), now);
    return firewallReading({ on: null, words: 'the rules of nftables cannot be read' }, now);
  } catch (thrown) {
    if (!(thrown instanceof NoData)) throw thrown;
    // Old iptables rules live beside nftables and are not seen by it; without nft nobody can be asked cheaply.
    const tables = await fileText(context, '/proc/net/ip_tables_names');
    if (byUfw !== null && !tables?.includes('filter')) return firewallReading(byUfw, now);
    return firewallReading({ on: null, words: 'no tool here can list the rules' }, now);
  }
}
