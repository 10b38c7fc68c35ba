/** What keeps something out, and what only looks like it. The files of test/fixtures/firewall were printed by nft 1.0.6 and iptables 1.8.9. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData, type RunResult } from '../../../agent/checks/check.ts';
import {
  firewall,
  judgeWindowsFirewall,
  parseIptablesRules,
  parseMacFirewall,
  parseNftRuleset,
  parsePf,
} from '../../../agent/checks/health/firewall.ts';
import { trialContext } from '../../support/check-context.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/firewall/${name}`, import.meta.url), 'utf8');

test('nftables: only what an input hook reaches, and only what keeps strangers out', () => {
  const on = (name: string) => parseNftRuleset(fixture(name)).on;
  assert.is(on('nft-docker-fail2ban.json'), false, 'drops of Docker, of fail2ban, of invalid packets, of one network');
  assert.is(on('nft-public-zone.json'), true, 'a last rule that rejects');
  assert.is(on('nft-trusted-zone.json'), false, 'the same, behind a chain that accepts everything');
  assert.is(on('nft-drop-but-open.json'), false, 'policy drop, and every new connection accepted');
  assert.is(on('nft-zones.json'), true, 'verdict maps, a reject behind them');
  assert.is(on('nft-of-iptables-reject.json'), true, 'the REJECT of iptables');
  assert.is(on('nft-of-iptables.json'), null, 'matches that nft cannot show');
});

const chain = (more: object) => ({
  chain: { family: 'inet', table: 't', name: 'input', hook: 'input', policy: 'accept', ...more },
});
const rule = (...expr: object[]) => ({ rule: { family: 'inet', table: 't', chain: 'input', expr } });
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
const nft = (...entries: object[]) => parseNftRuleset(JSON.stringify({ nftables: entries })).on;

test('nftables: kinds of drops', () => {
  const drop = { drop: null };
  const port = match({ payload: { protocol: 'tcp', field: 'dport' } }, 3306);
  const state = (right: unknown, op?: string) => match({ ct: { key: 'state' } }, right, op);
  const filters = (...expr: object[]) => nft(chain({}), rule(...expr, drop));
  assert.is(filters(), true);
  assert.is(filters(port), true);
  assert.is(filters(state('new')), true);
  assert.is(filters(state(['established', 'related'], '!=')), true);
  assert.is(filters({ counter: {} }, { log: null }), true);
  assert.is(filters(match({ meta: { key: 'iifname' } }, 'lo', '!=')), true);
  assert.is(filters(match({ meta: { key: 'iifname' } }, 'eth0')), true);
  assert.is(filters(state('invalid')), false);
  assert.is(filters(port, match({ payload: { protocol: 'ip', field: 'saddr' } }, '@bad')), false);
  assert.is(filters(match({ payload: { protocol: 'ether', field: 'saddr' } }, '00:00:5e:00:53:01')), false);
  assert.is(filters(match({ meta: { key: 'l4proto' } }, 'icmp')), false);
  assert.is(
    filters(match({ payload: { protocol: 'ip', field: 'daddr' } }, { prefix: { addr: '127.0.0.0', len: 8 } })),
    false,
  );
  assert.is(filters({ limit: { rate: 10, per: 'second', inv: true } }), false);
  assert.is(filters(match({ meta: { key: 'mark' } }, 1)), false);
  assert.is(filters({ 'ct count': { val: 20 } }), false);
});

test('nftables: jumps, other families, tables that sleep, loops', () => {
  const inner = { chain: { family: 'inet', table: 't', name: 'inner' } };
  const dropInner = { rule: { family: 'inet', table: 't', chain: 'inner', expr: [{ drop: null }] } };
  const jump = (kind: string) => ({ [kind]: { target: 'inner' } });
  assert.is(nft(chain({}), inner, dropInner), false, 'nothing jumps there');
  for (const kind of ['jump', 'goto']) assert.is(nft(chain({}), inner, dropInner, rule(jump(kind))), true, kind);
  const one = match({ payload: { protocol: 'ip', field: 'saddr' } }, '192.0.2.1');
  assert.is(nft(chain({}), inner, dropInner, rule(one, jump('jump'))), false, 'one sender');
  const forward = { chain: { family: 'ip', table: 'f', name: 'f', hook: 'forward', policy: 'drop' } };
  assert.is(nft(chain({}), forward), false);
  for (const family of ['arp', 'bridge', 'netdev']) assert.is(nft(chain({ family, policy: 'drop' })), false, family);
  assert.is(nft(chain({ type: 'nat', policy: 'drop' })), false);
  assert.is(nft(chain({ family: 'ip6', policy: 'drop' })), false, 'IPv4 stays open');
  const table = { table: { family: 'inet', name: 't', flags: ['dormant'] } };
  assert.is(nft(table, chain({ policy: 'drop' })), false, 'dormant');
  assert.is(nft(chain({ policy: 'drop' }), rule({ accept: null })), false, 'everything is accepted first');
  const back = { rule: { family: 'inet', table: 't', chain: 'inner', expr: [{ jump: { target: 'input' } }] } };
  assert.is(nft(chain({}), inner, back, rule(jump('jump'))), false, 'a loop ends');
});

test('nftables: many jumps to the same chains cost no more than the chains', () => {
  const entries: object[] = [chain({}), rule({ jump: { target: 'c0' } })];
  for (let n = 0; n < 60; n++) {
    entries.push({ chain: { family: 'inet', table: 't', name: `c${n}` } });
    for (let twice = 0; twice < 2; twice++)
      entries.push({ rule: { family: 'inet', table: 't', chain: `c${n}`, expr: [{ jump: { target: `c${n + 1}` } }] } });
  }
  assert.is(nft(...entries), false);
});

test('iptables: -S and -save, with policy, jumps, bans and a last reject', () => {
  const on = (text: string) => parseIptablesRules(text).on;
  assert.is(on(fixture('iptables-bans.txt')), false);
  assert.is(on(fixture('iptables-save-reject.txt')), true);
  const input = (...rules: string[]) => on(['-P INPUT ACCEPT', '-P FORWARD DROP', ...rules, ''].join('\n'));
  assert.is(input(), false);
  assert.is(on('-P INPUT DROP\n'), true);
  assert.is(on('-P INPUT DROP\n-A INPUT -j ACCEPT\n'), false);
  assert.is(input('-A INPUT -i lo -j ACCEPT', '-A INPUT -j DROP'), true);
  assert.is(input('-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP'), true);
  assert.is(input('-A INPUT -p tcp -m tcp --dport 23 -j REJECT --reject-with tcp-reset'), true);
  assert.is(input('-N wan', '-A wan -m comment --comment "the rest" -j DROP', '-A INPUT -i eth0 -g wan'), true);
  assert.is(
    input('-N KUBE-FIREWALL', '-A INPUT -j KUBE-FIREWALL', '-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP'),
    false,
  );
  assert.is(input('-A INPUT -s 198.51.100.0/24 -j DROP'), false);
  assert.is(input('-A INPUT ! -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j DROP'), false, 'a source all the same');
  assert.is(input('-A INPUT -m set --match-set banned src -j DROP'), false);
  assert.is(input('-A INPUT -p icmp -j DROP'), false);
  assert.is(input('-N x', '-A x -j DROP'), false, 'nothing jumps there');
  assert.is(on(''), null);
  assert.is(on('iptables: command not found'), null);
});

test('macOS: the application firewall, and pf beside it', () => {
  assert.equal(
    [
      'Firewall is enabled. (State = 1)',
      'Firewall is blocking all non-essential incoming connections. (State = 2)',
      'Firewall is disabled. (State = 0)',
      'Firewall is on',
      '',
    ].map((text) => parseMacFirewall(text).on),
    [true, true, false, null, null],
  );
  const enabled = 'Status: Enabled for 3 days 02:11:48           Debug: Urgent\n';
  const pf = (rules: string, info = enabled) => parsePf(info, rules).on;
  assert.is(pf('scrub-anchor "com.apple/*" all fragment reassemble\nanchor "com.apple/*" all\n'), false);
  assert.is(pf('block drop in all\npass out all flags S/SA keep state\n'), true);
  assert.is(pf('block drop in all\npass in all flags S/SA keep state\n'), false);
  assert.is(pf('block drop in quick all\npass in all flags S/SA keep state\n'), true);
  assert.is(pf('block drop in from <badhosts> to any\n'), false);
  assert.is(pf('block drop out all\n'), false);
  assert.is(pf('block drop in all\n', 'Status: Disabled for 0 days 00:00:14           Debug: Urgent\n'), false);
  assert.is(pf('block drop in all\n', ''), null);
});

test('Windows: profiles in use decide, and one that lets everything in is off', () => {
  const profile = (Name: string, Enabled: unknown, more: object = {}) => ({ Name, Enabled, ...more });
  const on = (...profiles: ReturnType<typeof profile>[]) => judgeWindowsFirewall(profiles).on;
  assert.is(on(profile('Domain', 1), profile('Private', 1), profile('Public', 1)), true);
  assert.is(on(profile('Domain', 1), profile('Public', 0)), false);
  assert.is(on(profile('Domain', 0, { Active: false }), profile('Public', 1, { Active: true })), true);
  assert.is(on(profile('Domain', 1, { Active: false }), profile('Public', 0, { Active: true })), false);
  assert.is(on(profile('Public', 1, { Active: true, DefaultInboundAction: 2 })), false);
  assert.is(on(profile('Public', 1, { Active: true, DefaultInboundAction: 4 })), true);
  assert.is(on(profile('Public', 2, { Active: true })), null, 'not configured');
  assert.is(on(), null);
});

/** The programs that are there, and what they print; any other is missing. */
async function reading(
  platform: NodeJS.Platform,
  files: Record<string, string>,
  programs: Record<string, Partial<RunResult>>,
) {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-firewall-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const run = async (file: string): Promise<RunResult> => {
    const answer = programs[file];
    if (!answer) throw new NoData();
    return { code: 0, signal: null, stdout: '', stderr: '', ended: null, ms: 1, ...answer };
  };
  const { items, metrics } = await firewall.read(trialContext({ root, platform, run }));
  rmSync(root, { recursive: true });
  return [items[0]?.status, metrics[0]?.fields.firewall];
}

test('what is installed, set or running proves nothing', async () => {
  const weak = { 'etc/ufw/ufw.conf': 'ENABLED=yes\n', 'run/firewalld/x': '' };
  const open = { stdout: fixture('nft-docker-fail2ban.json') };
  assert.equal(await reading('linux', weak, {}), ['unknown', undefined]);
  assert.equal(await reading('linux', weak, { nft: { code: 1, stderr: 'Operation not permitted' } }), [
    'unknown',
    undefined,
  ]);
  assert.equal(await reading('linux', weak, { nft: open }), ['warning', 0]);
  assert.equal(await reading('linux', {}, { nft: { stdout: fixture('nft-public-zone.json') } }), ['ok', 1]);
  assert.equal(await reading('linux', { 'etc/ufw/ufw.conf': 'ENABLED=no\n' }, {}), ['unknown', undefined]);
});

test('rules of the old iptables stand beside nftables', async () => {
  const old = { 'proc/net/ip_tables_names': 'nat\nfilter\n' };
  const open = { stdout: fixture('nft-docker-fail2ban.json') };
  const drop = { stdout: '-P INPUT DROP\n' };
  const accept = { stdout: '-P INPUT ACCEPT\n' };
  assert.equal(await reading('linux', old, { nft: open, 'iptables-legacy': drop }), ['ok', 1]);
  assert.equal(await reading('linux', old, { nft: open, 'iptables-legacy': accept }), ['warning', 0]);
  assert.equal(await reading('linux', old, { nft: open }), ['unknown', undefined]);
  assert.equal(await reading('linux', old, { iptables: drop }), ['ok', 1]);
  const unclear = { stdout: fixture('nft-of-iptables.json') };
  assert.equal(await reading('linux', {}, { nft: unclear, iptables: { stdout: fixture('iptables-bans.txt') } }), [
    'warning',
    0,
  ]);
  assert.equal(await reading('linux', {}, { nft: unclear }), ['unknown', undefined]);
});

test.run();
