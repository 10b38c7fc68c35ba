/** Whether a firewall filters inbound traffic. */
import { type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { exists, fileText } from '../files.ts';
import { boolOf, type Loose, linesOf, numberOf, objectOf, textOf } from '../parse.ts';
import { parsePlist } from '../plist.ts';
import { parseIptables } from './iptables.ts';
import { parseNft } from './nftables.ts';
import { type HealthReading, type HealthSource, hour, item, metric } from './source.ts';

export interface Firewall {
  on: boolean | null;
  why: Reason[];
}

/** /etc/ufw/ufw.conf: what ufw is set to, not what the kernel does. */
export function parseUfwConf(text: string): Firewall {
  const value = /^[ \t]*ENABLED=["']?(yes|no)/im.exec(text)?.[1]?.toLowerCase();
  if (value === undefined) return { on: null, why: [reason('firewall_not_told', { program: 'ufw' })] };
  return {
    on: value === 'yes',
    why: [reason(value === 'yes' ? 'firewall_set_on' : 'firewall_set_off', { program: 'ufw' })],
  };
}

const letIn = reason('firewall_lets_in');
const notReported = reason('state_not_told');

/** `nft -j list ruleset`: on when a rule that an input chain reaches blocks unsolicited traffic from any sender. */
export function parseNftRuleset(text: string): Firewall {
  const found = parseNft(text);
  if (found === undefined) return { on: null, why: [reason('firewall_rules_unreadable', { program: 'nftables' })] };
  const { v4, v6, inputs } = found;
  const chains = reason('firewall_input_chains', { program: 'nftables', chains: inputs });
  if (v4) return { on: true, why: v6 === false ? [chains, reason('firewall_v4_only')] : [chains] };
  if (v4 === null) return { on: null, why: [reason('firewall_hidden_rules')] };
  if (v6) return { on: false, why: [reason('firewall_v6_only')] };
  return { on: false, why: [inputs === 0 ? reason('firewall_no_input_rules') : letIn] };
}

/** `iptables -S` */
export function parseIptablesRules(text: string): Firewall {
  const on = parseIptables(text) ?? null;
  if (on === null) return { on, why: [reason('firewall_rules_unreadable', { program: 'iptables' })] };
  return { on, why: [on ? reason('firewall_keeps_out', { program: 'iptables' }) : letIn] };
}

/** `socketfilterfw --getglobalstate`, or com.apple.alf.plist up to macOS 14: 0 off, 1 on, 2 all blocked. */
export function parseMacFirewall(text: string): Firewall {
  const plist = objectOf(parsePlist(text));
  const state = numberOf(plist.globalstate) ?? numberOf(/\(State\s?=\s?(\d)\)/.exec(text)?.[1]);
  if (state === null || state < 0 || state > 2) return { on: null, why: [notReported] };
  return { on: state > 0, why: [reason(state > 0 ? 'firewall_on' : 'firewall_off')] };
}

/**
 * `pfctl -s info` and `pfctl -s rules`, as root. The last rule that matches decides, unless one says `quick`; macOS
 * itself turns pf on with nothing but anchors, which is no evidence.
 */
export function parsePf(info: string, rules: string): Firewall {
  const enabled = /^Status: (Enabled|Disabled)\b/m.exec(info)?.[1];
  if (enabled === undefined) return { on: null, why: [reason('firewall_not_told', { program: 'pf' })] };
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
  return { on, why: [on ? reason('firewall_keeps_out', { program: 'pf' }) : letIn] };
}

/**
 * Get-NetFirewallProfile: on when every profile that is in use is on and blocks what is not allowed. `Active` shows
 * which are in use; where it is missing, all must be.
 */
export function judgeWindowsFirewall(profiles: readonly Loose[]): Firewall {
  const some = profiles.filter(({ Active }) => boolOf(Active) === true);
  const states = (some.length > 0 ? some : profiles).map(({ Name, Enabled, DefaultInboundAction }) => {
    const enabled = boolOf(Enabled);
    const lets = DefaultInboundAction === 2 || DefaultInboundAction === 'Allow';
    return { name: textOf(Name) ?? '?', on: enabled === true && lets ? false : enabled };
  });
  if (states.length === 0) return { on: null, why: [notReported] };
  const names = (on: boolean | null) => states.flatMap((state) => (state.on === on ? state.name : [])).join(', ');
  if (names(false) !== '') return { on: false, why: [reason('firewall_profiles_off', { profiles: names(false) })] };
  if (names(null) !== '') return { on: null, why: [reason('firewall_profiles_not_told', { profiles: names(null) })] };
  return { on: true, why: [reason('firewall_profiles_on', { profiles: names(true) })] };
}

export function firewallReading({ on, why }: Firewall, now: number): HealthReading {
  const status = on === null ? 'unknown' : on ? 'ok' : 'warning';
  return {
    items: [item('firewall', 'system', status, why, { on }, now)],
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

/** Output of the tool; null when it is not installed or not permitted. */
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
 * The rules that the kernel holds decide. That ufw or firewalld is installed, set to on or even running is no proof
 * that they block anything, and is only mentioned beside "unknown".
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
  return byIptables ?? { on: null, why: await hintsOf(context) };
}

async function rulesFrom(context: CheckContext, tool: string): Promise<Firewall | null> {
  const text = await textFrom(context, tool, ['-S']);
  const found = text === null ? null : parseIptablesRules(text);
  return found?.on === null ? null : found;
}

async function hintsOf(context: CheckContext): Promise<Reason[]> {
  const ufw = await fileText(context, '/etc/ufw/ufw.conf');
  return [
    reason('firewall_rules_out_of_reach'),
    ...(ufw !== null && parseUfwConf(ufw).on ? [reason('firewall_set_on', { program: 'ufw' })] : []),
    ...((await exists(context, '/run/firewalld')) ? [reason('firewalld_runs')] : []),
  ];
}
