/** Whether a firewall decides about what comes in. */
import { type CheckContext, NoData } from '../check.ts';
import { exists, fileText } from '../files.ts';
import { boolOf, type Loose, linesOf, numberOf, objectOf, textOf } from '../loose.ts';
import { parsePlist } from '../plist.ts';
import { parseIptables } from './iptables.ts';
import { parseNft } from './nftables.ts';
import { type HealthReading, type HealthSource, hour, item, metric } from './source.ts';

export interface Firewall {
  on: boolean | null;
  words: string;
}

/** /etc/ufw/ufw.conf: what ufw is set to, not what the kernel does. */
export function parseUfwConf(text: string): Firewall {
  const value = /^[ \t]*ENABLED=["']?(yes|no)/im.exec(text)?.[1]?.toLowerCase();
  if (value === undefined) return { on: null, words: 'ufw does not say' };
  return { on: value === 'yes', words: `ufw is set to ${value === 'yes' ? 'on' : 'off'}` };
}

const letIn = 'nothing that comes in is kept out';

/** `nft -j list ruleset`: on when something that an input chain reaches keeps strangers out. */
export function parseNftRuleset(text: string): Firewall {
  const found = parseNft(text);
  if (found === undefined) return { on: null, words: 'the rules of nftables cannot be read' };
  const { v4, v6, inputs } = found;
  if (v4) return { on: true, words: `nftables: ${inputs} input chains${v6 === false ? ', for IPv4 alone' : ''}` };
  if (v4 === null) return { on: null, words: 'nftables holds rules of iptables that it cannot show' };
  if (v6) return { on: false, words: 'only IPv6 is filtered' };
  return { on: false, words: inputs === 0 ? 'no rules for what comes in' : letIn };
}

/** `iptables -S` */
export function parseIptablesRules(text: string): Firewall {
  const on = parseIptables(text) ?? null;
  if (on === null) return { on, words: 'the rules of iptables cannot be read' };
  return { on, words: on ? 'iptables' : letIn };
}

/** `socketfilterfw --getglobalstate`, or com.apple.alf.plist up to macOS 14: 0 off, 1 on, 2 all blocked. */
export function parseMacFirewall(text: string): Firewall {
  const plist = objectOf(parsePlist(text));
  const state = numberOf(plist.globalstate) ?? numberOf(/\(State\s?=\s?(\d)\)/.exec(text)?.[1]);
  if (state === null || state < 0 || state > 2) return { on: null, words: 'the firewall does not say' };
  return { on: state > 0, words: state > 0 ? 'on' : 'off' };
}

/**
 * `pfctl -s info` and `pfctl -s rules`, as root. The last rule that matches decides, unless one says `quick`; macOS itself
 * turns pf on with nothing but anchors, which says nothing.
 */
export function parsePf(info: string, rules: string): Firewall {
  const enabled = /^Status: (Enabled|Disabled)\b/m.exec(info)?.[1];
  if (enabled === undefined) return { on: null, words: 'pf does not say' };
  let on = false;
  if (enabled === 'Enabled')
    for (const line of linesOf(rules)) {
      const rule = /^(block|pass)\b(?! .*\bout\b)/.exec(line);
      if (!rule || !/ all\b| from any\b/.test(line) || / on lo0\b/.test(line)) continue;
      const whole =
        / all(?: flags \S+)?(?: keep state)?$| from any to any(?: flags \S+)?(?: keep state)?$/.test(line) &&
        !/ (?:on|proto) /.test(line);
      if (rule[1] === 'block') on = true;
      else if (whole) on = false;
      if (whole && / quick\b/.test(line)) break;
    }
  return { on, words: on ? 'pf keeps something out' : 'pf lets everything in' };
}

/**
 * Get-NetFirewallProfile: on when every profile that is in use is on and blocks what is not allowed. `Active` tells which
 * are in use; where it is missing, all must be.
 */
export function judgeWindowsFirewall(profiles: readonly Loose[]): Firewall {
  const some = profiles.filter(({ Active }) => boolOf(Active) === true);
  const states = (some.length > 0 ? some : profiles).map(({ Name, Enabled, DefaultInboundAction }) => {
    const enabled = boolOf(Enabled);
    const lets = DefaultInboundAction === 2 || DefaultInboundAction === 'Allow';
    return { name: textOf(Name) ?? '?', on: enabled === true && lets ? false : enabled };
  });
  if (states.length === 0) return { on: null, words: 'the firewall does not say' };
  const off = states.filter((state) => state.on === false).map((state) => state.name);
  if (off.length > 0) return { on: false, words: `off: ${off.join(', ')}` };
  const unknown = states.filter((state) => state.on === null).map((state) => state.name);
  if (unknown.length > 0) return { on: null, words: `not told: ${unknown.join(', ')}` };
  return { on: true, words: `on: ${states.map((state) => state.name).join(', ')}` };
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
  reads: 'nft -j list ruleset, iptables -S (root); macOS: socketfilterfw, pfctl (root). Windows: see windows',
  platforms: ['linux', 'darwin'],
  read,
};

const limits = { timeoutMs: 15_000 };

async function read(context: CheckContext): Promise<HealthReading> {
  const found = context.platform === 'darwin' ? await readMac(context) : await readLinux(context);
  return firewallReading(found, context.clock.now());
}

async function readMac(context: CheckContext): Promise<Firewall> {
  const byApple = parseMacFirewall(
    (await context.run('/usr/libexec/ApplicationFirewall/socketfilterfw', ['--getglobalstate'], limits)).stdout,
  );
  if (byApple.on) return byApple;
  const info = await textFrom(context, '/sbin/pfctl', ['-s', 'info']);
  const rules = await textFrom(context, '/sbin/pfctl', ['-s', 'rules']);
  const byPf = parsePf(info ?? '', rules ?? '');
  return byPf.on ? byPf : byApple;
}

/** What the tool printed; null when it is not there, or may not say. */
async function textFrom(context: CheckContext, tool: string, args: readonly string[]): Promise<string | null> {
  try {
    const answer = await context.run(tool, args, limits);
    return answer.code === 0 ? answer.stdout : null;
  } catch (thrown) {
    if (thrown instanceof NoData) return null;
    throw thrown;
  }
}

/**
 * The rules that the kernel holds decide. That ufw or firewalld is installed, set to on or even running is no proof that
 * they keep anything out, and is only told beside "unknown".
 */
async function readLinux(context: CheckContext): Promise<Firewall> {
  const listed = await textFrom(context, 'nft', ['-j', 'list', 'ruleset']);
  const byNft = listed === null ? null : parseNftRuleset(listed);
  if (byNft?.on) return byNft;
  // Rules of the old iptables stand beside nftables, which does not show them. Its tool loads the table if it is not
  // there yet, so it is only asked where the table is.
  const old = /^filter$/m.test((await fileText(context, '/proc/net/ip_tables_names')) ?? '');
  if (byNft?.on === false && !old) return byNft;
  const byLegacy = old ? await rulesFrom(context, 'iptables-legacy') : null;
  if (byLegacy?.on) return byLegacy;
  const byIptables = byNft?.on === false && byLegacy ? byLegacy : await rulesFrom(context, 'iptables');
  return byIptables ?? { on: null, words: await hintOf(context) };
}

async function rulesFrom(context: CheckContext, tool: string): Promise<Firewall | null> {
  const text = await textFrom(context, tool, ['-S']);
  const found = text === null ? null : parseIptablesRules(text);
  return found?.on === null ? null : found;
}

async function hintOf(context: CheckContext): Promise<string> {
  const ufw = await fileText(context, '/etc/ufw/ufw.conf');
  const hints = [
    ...(ufw !== null && parseUfwConf(ufw).on ? ['ufw is set to on'] : []),
    ...((await exists(context, '/run/firewalld')) ? ['firewalld runs'] : []),
  ];
  const seen = hints.length === 0 ? '' : ` (${hints.join(', ')})`;
  return `the rules in force cannot be read: nft or iptables is missing, or the agent is not root${seen}`;
}
