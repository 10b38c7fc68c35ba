/** What the captured outputs do not show: other versions, other languages, the rules around the parsers. */

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData, type RunResult } from '../../../agent/checks/check.ts';
import { parseApkUpdates } from '../../../agent/checks/patches/apk.ts';
import { unattendedSetting } from '../../../agent/checks/patches/apt.ts';
import {
  listPrefix,
  parseSourcesFile,
  parseSourcesList,
  unfetched,
} from '../../../agent/checks/patches/apt-sources.ts';
import {
  isSecurityOrigin,
  isSecurityUpdate,
  parseAptPolicy,
  parseAptSimulation,
} from '../../../agent/checks/patches/apt-text.ts';
import { parseBrewOutdated } from '../../../agent/checks/patches/brew.ts';
import { dnf, joined } from '../../../agent/checks/patches/dnf.ts';
import { parseAdvisories, parseCheckUpdate } from '../../../agent/checks/patches/dnf-text.ts';
import { firstSeenOf, withFirstSeen } from '../../../agent/checks/patches/first-seen.ts';
import { patchState } from '../../../agent/checks/patches/manager.ts';
import { pacman, parsePacmanUpdates } from '../../../agent/checks/patches/pacman.ts';
import { enabledRepositories } from '../../../agent/checks/patches/repo-file.ts';
import { parseSnapRefreshes } from '../../../agent/checks/patches/snap.ts';
import {
  parseSoftwareUpdatePlist,
  parseSoftwareUpdates,
  parseSwVers,
} from '../../../agent/checks/patches/softwareupdate.ts';
import {
  parseUpdateHistory,
  parseUpdatesSection,
  parseWindowsSearch,
  parseWindowsVersion,
} from '../../../agent/checks/patches/windows-text.ts';
import { windowsUpdate } from '../../../agent/checks/patches/windows-update.ts';
import { parseWingetUpgrades } from '../../../agent/checks/patches/winget.ts';
import { parsePatchCheck, parseZypperUpdates } from '../../../agent/checks/patches/zypper.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import { trialContext } from '../../support/check-context.ts';
import { inLog } from '../../support/reasons.ts';

const answer = (stdout: string, code: number | null = 0, stderr = ''): RunResult => ({
  code,
  signal: null,
  stdout,
  stderr,
  ended: null,
  ms: 1,
});

test('apt: a later build in -updates does not hide the security one', () => {
  const { inst } = parseAptSimulation(
    'Inst libudev1 [255.4-1ubuntu8] (255.4-1ubuntu8.20 Ubuntu:24.04/noble-updates [amd64])\n',
    0,
  );
  const policy = parseAptPolicy(`libudev1:
  Installiert:           255.4-1ubuntu8
  Installationskandidat: 255.4-1ubuntu8.20
  Versionstabelle:
     255.4-1ubuntu8.20 500 (phased 50%)
        500 http://archive.ubuntu.com/ubuntu noble-updates/main amd64 Packages
     255.4-1ubuntu8.18 500
        500 http://security.ubuntu.com/ubuntu noble-security/main amd64 Packages
 *** 255.4-1ubuntu8 500
        500 http://archive.ubuntu.com/ubuntu noble/main amd64 Packages
        100 /var/lib/dpkg/status
`);
  const [item] = inst ?? [];
  assert.ok(item);
  assert.is(item.security, false);
  assert.is(policy.get('libudev1')?.candidate, '255.4-1ubuntu8.20');
  assert.is(isSecurityUpdate(policy.get('libudev1'), item), true);
  // What is installed already, and what is above the candidate, does not count.
  assert.is(isSecurityUpdate(policy.get('libudev1'), { ...item, from: '255.4-1ubuntu8.18' }), false);
  assert.is(isSecurityUpdate(policy.get('libudev1'), { ...item, to: '255.4-1ubuntu8.10' }), false);
});

test('apt: security pockets of Debian, Ubuntu and its extended support', () => {
  for (const origin of [
    'Debian-Security:12/oldstable-security',
    'Debian-Security:9/oldstable',
    'Ubuntu:24.04/noble-security',
    'UbuntuESM:16.04/xenial-infra-security',
    'UbuntuESMApps:22.04/jammy-apps-security',
  ])
    assert.ok(isSecurityOrigin(origin), origin);
  for (const origin of ['Ubuntu:24.04/noble-updates', 'Debian:12.5/stable', 'Google LLC:1.0/stable', 'Docker:bookworm'])
    assert.not.ok(isSecurityOrigin(origin), origin);
});

test('apt: foreign architectures, local packages and vendors with blanks', () => {
  const { inst } = parseAptSimulation(
    'Inst libc6:i386 [2.36-9] (2.36-10 Debian:12/stable [i386])\nInst google-chrome-stable [1] (2 Google LLC:1.0/stable [amd64])\nInst mine [1] (2 [all])\n',
    0,
  );
  assert.equal(
    inst?.map(({ name, origins, arch }) => [name, origins, arch]),
    [
      ['libc6:i386', ['Debian:12/stable'], 'i386'],
      ['google-chrome-stable', ['Google LLC:1.0/stable'], 'amd64'],
      ['mine', [], 'all'],
    ],
  );
});

test('apt: an error is unknown, whatever the output', () => {
  assert.is(parseAptSimulation('', 100, 'E: The package lists are broken.').inst, null);
  assert.equal(
    parseAptSimulation('', 100, 'E: The package lists are broken.').reasons,
    quotation('The package lists are broken.'),
  );
  assert.is(parseAptSimulation('', null).inst, null);
  assert.is(parseAptSimulation('', 0, 'E: broken').inst, null);
  assert.equal(parseAptSimulation('', 0).inst, []);
  assert.equal(parseAptSimulation('0 upgraded, 0 newly installed, 0 to remove and 2 not upgraded.\n', 0).inst, []);
  const kept = parseAptSimulation(
    'The following packages have been kept back:\n  linux-image-virtual base-files\n0 upgraded, 0 newly installed, 0 to remove and 2 not upgraded.\n',
    0,
  );
  assert.equal(kept.keptBack, ['linux-image-virtual', 'base-files']);
});

test('apt: configured sources and the lists that apt holds of them', () => {
  const list = parseSourcesList(
    '# deb http://a b c\ndeb [arch=amd64 signed-by=/x.gpg] https://user:pw@h.example/ubuntu/ noble main\ndeb-src http://a b c\ndeb cdrom:[x]/ y main\n',
  );
  assert.equal(list, [{ uri: 'https://user:pw@h.example/ubuntu/', suite: 'noble' }]);
  const file = parseSourcesFile(
    'Types: deb deb-src\nURIs: http://deb.debian.org/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\n\nTypes: deb\nEnabled: no\nURIs: http://x/\nSuites: y\n',
  );
  assert.equal(
    file.map((source) => source.suite),
    ['bookworm', 'bookworm-updates'],
  );
  assert.is(listPrefix({ uri: 'http://h/a_b~c', suite: 's' }), 'h_a%5fb%7ec_dists_s_');
  assert.is(listPrefix({ uri: 'http://h/flat/', suite: './' }), 'h_flat_._');
  assert.equal(
    unfetched(
      [...list, ...file],
      ['h.example_ubuntu_dists_noble_InRelease', 'deb.debian.org_debian_dists_bookworm_Release'],
    ).map((source) => source.suite),
    ['bookworm-updates'],
  );
});

test('apt: unattended upgrades, the last file decides', () => {
  assert.is(
    unattendedSetting(['APT::Periodic::Unattended-Upgrade "1";', 'APT::Periodic::Unattended-Upgrade "0";']),
    'off',
  );
  assert.is(
    unattendedSetting(['APT::Periodic::Unattended-Upgrade "1";', '// APT::Periodic::Unattended-Upgrade "0";']),
    'on',
  );
  assert.is(unattendedSetting([]), 'unknown');
});

test('dnf: lines that wrap, noise before the table, and a code that contradicts', () => {
  const wrapped =
    'Updating Subscription Management repositories.\nLast metadata expiration check: 0:10:00 ago on Mon 01 Jan 2026.\n\na-very-long-package-name-that-wraps.x86_64\n                         1.2-3.el9       baseos\nbash.x86_64   5.1-9.el9  baseos\n';
  assert.equal(
    parseCheckUpdate(wrapped, 100, '', 60).updates?.map((item) => item.name),
    ['a-very-long-package-name-that-wraps', 'bash'],
  );
  assert.is(parseCheckUpdate('', 100, '', 60).updates, null);
  assert.equal(parseCheckUpdate('', 1, 'Error: x', 60).reasons, quotation('x'));
  assert.is(parseCheckUpdate('', 0, '', null).updates, null);
  assert.is(parseCheckUpdate('', 0, '', 40 * 86_400).updates, null);
  assert.equal(parseCheckUpdate('', 0, '', 60).updates, []);
});

test('dnf 5: advisories as text', () => {
  const list = parseAdvisories(
    'Name                   Type     Severity                  Package              Issued\nFEDORA-2024-129d8ca6fc security Moderate  curl-8.6.0-7.fc40.x86_64 2024-03-28 01:03:05\nFEDORA-2024-2a02eb67f5 bugfix   None      tzdata-2024a-5.fc40.noarch 2024-04-01 00:00:00\n',
  );
  assert.equal(
    list.map(({ id, type, severity }) => [id, type, severity]),
    [
      ['FEDORA-2024-129d8ca6fc', 'security', 'moderate'],
      ['FEDORA-2024-2a02eb67f5', 'bugfix', null],
    ],
  );
  assert.is(list[0]?.issued, Date.UTC(2024, 2, 28, 1, 3, 5));
  assert.equal(
    parseAdvisories(
      'ELSA-2024-1234 Important/Sec. kernel-uek-5.4.17-2136.el8uek.x86_64\ni ALAS2-2024-1 medium/Sec. a-1-1.amzn2.x86_64\n',
    ).map((item) => item.type),
    ['security', 'security'],
  );
});

test('dnf: an update takes the worst severity and the oldest date of its advisories', () => {
  const advisory = { type: 'security' as const, package: 'curl-8-2.x86_64' };
  const [update, other] = joined(
    [
      { name: 'curl', arch: 'x86_64', evr: '8-3' },
      { name: 'zlib', arch: 'x86_64', evr: '1-1' },
    ],
    [
      { ...advisory, id: 'A', severity: 'low', issued: 100 },
      { ...advisory, id: 'B', severity: 'critical', issued: 200 },
    ],
  );
  assert.equal([update?.security, update?.severity, update?.since], [true, 'critical', 100]);
  assert.is(other?.security, false);
  assert.is(joined([{ name: 'curl', arch: 'x86_64', evr: '1' }], null)[0]?.security, null, 'no advisories: not known');
  assert.equal(
    enabledRepositories(['[main]\n[a]\nenabled=1\n[b]\nenabled = 0\n[c]\nname=x\n']).map(({ id }) => id),
    ['a', 'c'],
  );
});

/** A small tree of files, with an age in days where it matters. */
function tree(files: Record<string, string>, days = 0): string {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-tree-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    const at = Date.now() / 1000 - days * 86_400;
    utimesSync(join(root, path), at, at);
  }
  return root;
}

const fedora = { 'usr/bin/dnf5': '', 'etc/yum.repos.d/f.repo': '[fedora]\nenabled=1\n' };

test('dnf: a repository without metadata makes the whole answer a failure', async () => {
  const root = tree({ ...fedora, 'var/cache/libdnf5/other-1/repodata/repomd.xml': '<data type="updateinfo">' });
  const state = await dnf.read(trialContext({ root, run: async () => answer('', 0) }));
  assert.equal([state.scan, state.pending], ['failed', null]);
  assert.match(inLog(state.reason), 'fedora');
  rmSync(root, { recursive: true });
});

test('dnf: fresh metadata and an empty answer are zero; old metadata are not', async () => {
  const files = { ...fedora, 'var/cache/libdnf5/fedora-0a1b/repodata/repomd.xml': '<data type="updateinfo">' };
  const run = async (_: string, args: readonly string[]) => answer(args.includes('advisory') ? '[]' : '', 0);
  const fresh = tree(files);
  const ok = await dnf.read(trialContext({ root: fresh, run }));
  assert.equal([ok.scan, ok.pending, ok.pendingSecurity], ['ok', 0, 0]);
  const old = tree(files, 30);
  const stale = await dnf.read(trialContext({ root: old, run }));
  assert.equal([stale.scan, stale.pending], ['failed', null]);
  for (const root of [fresh, old]) rmSync(root, { recursive: true });
});

test('pacman: an ignored package is held; no database is unknown', async () => {
  assert.equal(parsePacmanUpdates('', 1), []);
  assert.is(parsePacmanUpdates('', 1, 'error: failed'), null);
  const root = tree({ 'usr/bin/pacman': '', 'var/lib/pacman/sync/core.db': '' });
  const state = await pacman.read(
    trialContext({ root, run: async () => answer('linux 1-1 -> 2-1 [ignored]\na 1-1 -> 1-2\n') }),
  );
  assert.equal([state.pending, state.held, state.pendingSecurity], [1, 1, null]);
  rmSync(root, { recursive: true });
  const bare = tree({ 'usr/bin/pacman': '' });
  assert.is((await pacman.read(trialContext({ root: bare, run: async () => answer('', 1) }))).pending, null);
  rmSync(bare, { recursive: true });
});

test('apk: the older command', () => {
  assert.equal(parseApkUpdates('Installed:                 Available:\nbusybox-1.36.1-r28     < 1.36.1-r29 \n', 0), [
    { name: 'busybox', from: '1.36.1-r28', to: '1.36.1-r29' },
  ]);
  assert.is(parseApkUpdates('', 1), null);
});

test('zypper: no updates in words, a skipped repository', () => {
  assert.equal(parseZypperUpdates('No updates found.\n'), []);
  assert.is(parseZypperUpdates(''), null);
  assert.is(parsePatchCheck('0 patches needed (0 security patches)', 106).needed, null);
});

test('winget in Japanese, with a spinner, cut names and a second table', () => {
  const text =
    '\r   - \r   \\ \r名前              ID              バージョン 利用可能 ソース\r\n-----------------------------------------------------------\r\nメモ帳++          Notepad.Notepad 8.1        8.2      winget\r\nGit               Git.Git         2.54       2.55     winget\r\n2 アップグレードを利用できます。\r\n\r\n名前   ID   バージョン 利用可能\r\n----------------------------------\r\n';
  assert.equal(
    parseWingetUpgrades(text, 0).updates?.map(({ id, from, to }) => [id, from, to]),
    [
      ['Notepad.Notepad', '8.1', '8.2'],
      ['Git.Git', '2.54', '2.55'],
    ],
  );
  assert.equal(parseWingetUpgrades('x', -1978335189).updates, []);
  assert.is(parseWingetUpgrades('x', 1).updates, null);
});

test('softwareupdate: Mojave, standard error, and no connection', () => {
  const [update] =
    parseSoftwareUpdates(
      'Software Update found the following new or updated software:\n   * Security Update 2019-001-10.13.6\n\tSecurity Update 2019-001 (10.13.6), 1906041K [recommended] [restart]\n',
    ) ?? [];
  assert.equal(
    [update?.title, update?.version, update?.restart, update?.recommended],
    ['Security Update 2019-001', '10.13.6', true, true],
  );
  assert.is(parseSoftwareUpdates("Software Update Tool\n\nCan't connect to the Apple Software Update server"), null);
  assert.equal(parseSoftwareUpdates('No new software available.'), []);
  const [big] =
    parseSoftwareUpdates(
      '* Label: macOS 27-26A1\n\tTitle: macOS 27, Version: 27.0, Size: 1KiB, Recommended: YES, Action: restart, \n',
      '26.6',
    ) ?? [];
  assert.is(big?.majorUpgrade, true);
});

test('property lists as XML', () => {
  const xml =
    '<?xml version="1.0"?><!DOCTYPE plist><plist version="1.0"><dict><key>LastUpdatesAvailable</key><integer>1</integer><key>LastSuccessfulDate</key><date>2026-11-20T10:00:00Z</date><key>AutomaticDownload</key><true/><key>RecommendedUpdates</key><array><dict><key>Display Name</key><string>A &amp; B</string></dict></array><key>E</key><array/></dict></plist>';
  const state = parseSoftwareUpdatePlist(xml);
  assert.equal(
    [state?.pending, state?.updates[0]?.name, state?.automaticDownload, state?.lastSuccessfulCheck],
    [1, 'A & B', true, Date.parse('2026-11-20T10:00:00Z')],
  );
  assert.is(
    parseSwVers(
      '<plist version="1.0"><dict><key>ProductVersion</key><string>15.1</string><key>ProductBuildVersion</key><string>24B83</string></dict></plist>',
    ).build,
    '24B83',
  );
});

test('Windows: offline search, categories by id, freshness', async () => {
  const security = '0fa1201d-4330-4fa8-8ae9-b877473b6441';
  const found = {
    rc: 2,
    updates: [
      {
        title: '累積更新 (KB5034441)',
        kb: ['5034441'],
        cat: [security],
        date: '2026-11-01T00:00:00.0000000Z',
        auto: true,
        sev: 'Critical',
      },
      { title: 'Treiber', kb: [], cat: [], type: 2 },
    ],
    lastSearch: new Date().toISOString(),
    reboot: false,
    service: 'Manual',
  };
  const run = async () => answer(JSON.stringify(found));
  const state = await windowsUpdate.read(trialContext({ platform: 'win32', run }));
  assert.equal([state.scan, state.pending, state.pendingSecurity, state.autoUpdates], ['ok', 1, 1, 'on']);
  assert.equal(
    [state.list[0]?.name, state.list[0]?.severity, state.list[0]?.since],
    ['KB5034441', 'critical', Date.UTC(2026, 10, 1)],
  );
  const never = await windowsUpdate.read(
    trialContext({
      platform: 'win32',
      run: async () => answer(JSON.stringify({ ...found, updates: [], lastSearch: null })),
    }),
  );
  assert.equal([never.scan, never.pending], ['failed', null]);
  const refused = await windowsUpdate.read(
    trialContext({
      platform: 'win32',
      run: async () => answer('', 1, 'Cannot create type. Only core types are supported in this language mode.'),
    }),
  );
  assert.equal([refused.scan, refused.pending], ['failed', null]);
  assert.match(inLog(refused.reason), 'language mode');
  assert.is(parseWindowsSearch({ rc: 4, updates: [] }).updates, null);
});

test('Windows: version from reg.exe, history, a section with an error', () => {
  const version = parseWindowsVersion(
    '\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    ProductName    REG_SZ    Windows 10 Pro\r\n    CurrentBuild    REG_SZ    26100\r\n    CurrentMajorVersionNumber    REG_DWORD    0xa\r\n    CurrentMinorVersionNumber    REG_DWORD    0x0\r\n    UBR    REG_DWORD    0x93c\r\n    DisplayVersion    REG_SZ    24H2\r\n    InstallationType    REG_SZ    Client\r\n',
  );
  assert.equal(
    [version.product, version.version, version.displayVersion],
    ['Windows 11 Pro', '10.0.26100.2364', '24H2'],
  );
  const history = parseUpdateHistory(
    '[{"Title":"A (KB5000001)","Operation":1,"ResultCode":4},{"Title":"B (KB5000002)","Operation":1,"ResultCode":2,"Date":"2026-11-01T00:00:00Z"}]',
  );
  assert.equal(
    [history.failed, history.installed, history.lastInstall],
    [['KB5000001'], ['KB5000002'], Date.UTC(2026, 10, 1)],
  );
  const broken = parseUpdatesSection('x x x\nError: 0x80244022\n');
  assert.equal([broken.important, broken.rebootRequired, broken.error], [null, null, 'Error: 0x80244022']);
});

test('third parties', () => {
  assert.equal(parseSnapRefreshes('All snaps up to date.\n'), []);
  assert.equal(
    parseSnapRefreshes(
      'Name     Version  Rev   Size   Publisher  Notes\nfirefox  130.0-2  4848  292MB  mozilla✓   -\n',
    ),
    [{ name: 'firefox', to: '130.0-2' }],
  );
  assert.is(parseSnapRefreshes('', 'error: cannot communicate with server'), null);
  assert.equal(
    parseBrewOutdated(
      '{"formulae":[{"name":"git","installed_versions":["2.1","2.2"],"current_version":"2.3","pinned":true}],"casks":[{"name":"x","installed_versions":"1","current_version":"2"}]}',
    )?.map(({ from, pinned }) => [from, pinned]),
    [
      ['2.2', true],
      ['1', false],
    ],
  );
});

test('lists older than a week: the count is not claimed', () => {
  const state = patchState({ manager: 'x', scannedAt: 1, metadataAge: 8 * 86_400 }, { list: [], reasons: [] }, true);
  assert.equal([state.reason], [[reason('lists_old', { age_s: 8 * 86_400 })]]);
  assert.equal([state.scan, state.pending, state.pendingSecurity], ['unknown', null, null]);
});

test('first seen: kept over a newer candidate and a failed scan, forgotten when installed', () => {
  const update = { name: 'openssl', installed: '1', candidate: '2', security: true, since: null };
  const base = patchState({ manager: 'apt', scannedAt: 1, metadataAge: 1 }, { list: [update], reasons: [] }, true);
  const first = withFirstSeen([base], {}, 1000);
  assert.is(first.states[0]?.oldestSecuritySince, 1000);
  const later = withFirstSeen([{ ...base, list: [{ ...update, candidate: '3' }] }], first.seen, 5000);
  assert.is(later.states[0]?.list[0]?.since, 1000);
  const failed = withFirstSeen([{ ...base, scan: 'failed', list: [] }], later.seen, 6000);
  assert.is(failed.states[0]?.oldestSecuritySince, 1000);
  const done = withFirstSeen([{ ...base, list: [] }], failed.seen, 7000);
  assert.is(done.states[0]?.oldestSecuritySince, null);
  assert.equal(firstSeenOf({ apt: { a: 1, b: 'x' }, bad: 3 }), { apt: { a: 1 } });
});

test('a machine without the manager has no data', async () => {
  for (const manager of [dnf, pacman]) {
    try {
      await manager.read(trialContext({ root: '/nonexistent' }));
      assert.unreachable();
    } catch (thrown) {
      assert.instance(thrown, NoData);
    }
  }
});

test.run();
