/**
 * A package manager that finds nothing because it has nothing to look in answers as a machine does that is up to date.
 * Each reader against a machine where every enabled repository has its metadata, where one has not, and where none has.
 */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData, type RunResult } from '../../../agent/checks/check.ts';
import { apk, apkIndexName, unopenedRepositories } from '../../../agent/checks/patches/apk.ts';
import { apt } from '../../../agent/checks/patches/apt.ts';
import { dnf } from '../../../agent/checks/patches/dnf.ts';
import { flatpak } from '../../../agent/checks/patches/flatpak.ts';
import type { PatchManager } from '../../../agent/checks/patches/manager.ts';
import { pacman } from '../../../agent/checks/patches/pacman.ts';
import { enabledRepositories, parseRepositories } from '../../../agent/checks/patches/repo-file.ts';
import { snap } from '../../../agent/checks/patches/snap.ts';
import { winget } from '../../../agent/checks/patches/winget.ts';
import { zypper } from '../../../agent/checks/patches/zypper.ts';
import { patches } from '../../../agent/checks/patches.ts';
import { reason } from '../../../shared/reason.ts';
import { trialContext } from '../../support/check-context.ts';
import { inLog } from '../../support/reasons.ts';
import { addFile, answer, removeTrees, tree } from '../../support/tree.ts';

interface Machine {
  name: string;
  manager: PatchManager;
  /** With the metadata of every repository. */
  files: Record<string, string>;
  /** Of one repository, which the reason must name. */
  missing: { file: string; name: string }[];
  /** The manager's answer where it finds no update. */
  none(args: readonly string[]): RunResult;
  /** Where it finds one, and says nothing of what is missing. */
  one?(args: readonly string[]): RunResult;
}

const repomd = '<repomd><data type="updateinfo"></repomd>';
const hash = '0123456789abcdef';
const dnfRow = 'curl.x86_64  8-2  fedora\n';
const dnfRepos =
  '[fedora]\nenabled=1\nmetadata_expire=7d\n[fedora-cisco-openh264]\nenabled=1\n[updates-testing]\nenabled=0\n';
const zypperList = (rows: string) => `<?xml version='1.0'?>
<stream>
<update-status version="0.6">
<update-list>${rows}</update-list>
</update-status>
</stream>
`;
const address = 'https://dl-cdn.alpinelinux.org/alpine/v3.22';
const release = (packages: number) =>
  `Suite: bookworm\nDate: ${new Date().toUTCString()}\nSHA256:\n ${'0'.repeat(64)} ${packages} main/binary-amd64/Packages\n`;
const list = '/var/lib/apt/lists/h_debian_dists_';

const machines: Machine[] = [
  {
    name: 'dnf 4',
    manager: dnf,
    files: {
      'usr/bin/dnf': '',
      'etc/yum.repos.d/f.repo': dnfRepos,
      [`var/cache/dnf/fedora-${hash}/repodata/repomd.xml`]: repomd,
      [`var/cache/dnf/fedora-cisco-openh264-${hash}/repodata/repomd.xml`]: repomd,
    },
    missing: [
      { file: `var/cache/dnf/fedora-${hash}/repodata/repomd.xml`, name: 'fedora' },
      { file: `var/cache/dnf/fedora-cisco-openh264-${hash}/repodata/repomd.xml`, name: 'fedora-cisco-openh264' },
    ],
    none: () => answer(''),
    one: (args) => (args.includes('check-update') ? answer(dnfRow, 100) : answer('')),
  },
  {
    name: 'dnf 5',
    manager: dnf,
    files: {
      'usr/bin/dnf5': '',
      'etc/yum.repos.d/f.repo': dnfRepos,
      'etc/dnf/repos.override.d/99-config_manager.repo': '[updates-*]\nenabled=0\n',
      'etc/yum.repos.d/u.repo': '[updates-extra]\nenabled=1\n',
      [`var/cache/libdnf5/fedora-${hash}/repodata/repomd.xml`]: repomd,
      [`var/cache/libdnf5/fedora-cisco-openh264-${hash}/repodata/repomd.xml`]: repomd,
      // Left behind by the dnf of the release before.
      [`var/cache/dnf/fedora-${hash}/repodata/repomd.xml`]: repomd,
    },
    missing: [{ file: `var/cache/libdnf5/fedora-${hash}/repodata/repomd.xml`, name: 'fedora' }],
    none: (args) => answer(args.includes('advisory') ? '[]' : '{}'),
    one: (args) =>
      answer(
        args.includes('advisory')
          ? '[]'
          : '{"upgrades":[{"name":"curl","arch":"x86_64","evr":"1-2","repository":"fedora"}]}',
      ),
  },
  {
    name: 'yum',
    manager: dnf,
    files: {
      'usr/bin/yum': '',
      'etc/yum.repos.d/a.repo': '[amzn2-core]\nenabled=1\n[amzn2extra-docker]\nenabled=1\n',
      'var/cache/yum/x86_64/2/amzn2-core/repomd.xml': repomd,
      'var/cache/yum/x86_64/2/amzn2extra-docker/repomd.xml': repomd,
    },
    missing: [{ file: 'var/cache/yum/x86_64/2/amzn2-core/repomd.xml', name: 'amzn2-core' }],
    none: () => answer(''),
    one: (args) => (args.includes('check-update') ? answer(dnfRow, 100) : answer('')),
  },
  {
    name: 'zypper',
    manager: zypper,
    files: {
      'usr/bin/zypper': '',
      'etc/zypp/repos.d/a.repo': '[oss]\nenabled=1\n[SLE:a/b c]\nenabled=1\n[debug]\nenabled=0\n',
      'var/cache/zypp/raw/oss/repodata/repomd.xml': repomd,
      'var/cache/zypp/raw/SLE:a_b c/repodata/repomd.xml': repomd,
    },
    missing: [
      { file: 'var/cache/zypp/raw/oss/repodata/repomd.xml', name: 'oss' },
      { file: 'var/cache/zypp/raw/SLE:a_b c/repodata/repomd.xml', name: 'SLE:a/b c' },
    ],
    none: (args) => answer(args.includes('list-patches') ? zypperList('') : 'Loading…\nNo updates found.\n'),
    one: (args) =>
      answer(
        args.includes('list-patches')
          ? zypperList(
              '<update kind="patch" name="p" status="needed" category="security"><issue-date time_t="1704844800"/></update>',
            )
          : '',
      ),
  },
  {
    name: 'pacman',
    manager: pacman,
    files: {
      'usr/bin/pacman': '',
      'etc/pacman.conf': '[options]\n#[testing]\n[core]\nInclude = /etc/pacman.d/mirrorlist\n[extra]\n',
      'etc/pacman.d/mirrorlist': 'Server = https://h\n',
      'var/lib/pacman/sync/core.db': '',
      'var/lib/pacman/sync/extra.db': '',
    },
    missing: [{ file: 'var/lib/pacman/sync/extra.db', name: 'extra' }],
    none: () => answer('', 1),
    one: () => answer('linux 1-1 -> 2-1\n'),
  },
  {
    name: 'apk',
    manager: apk,
    files: {
      'sbin/apk': '',
      'etc/apk/repositories': `${address}/main\n@edge ${address}/community\n#${address}/testing\n/media/cdrom\n`,
      [`var/cache/apk/${apkIndexName(`${address}/main`)}`]: '',
      [`var/cache/apk/${apkIndexName(`${address}/community`)}`]: '',
    },
    missing: [{ file: `var/cache/apk/${apkIndexName(`${address}/main`)}`, name: `${address}/main` }],
    none: () => answer(''),
    one: () => answer('busybox-1.36.1-r29 x86_64 {b} (GPL) [upgradable from: busybox-1.36.1-r28]\n'),
  },
  {
    name: 'apt',
    manager: apt,
    files: {
      'usr/bin/apt-get': '',
      'etc/os-release': 'VERSION_CODENAME=bookworm\n',
      'var/lib/dpkg/status': '',
      'etc/apt/sources.list': 'deb http://h/debian bookworm main\ndeb http://d/docker bookworm-docker stable\n',
      [`${list}bookworm_InRelease`]: release(9),
      [`${list}bookworm_main_binary-amd64_Packages.lz4`]: '',
      'var/lib/apt/lists/d_docker_dists_bookworm-docker_InRelease': release(9),
      'var/lib/apt/lists/d_docker_dists_bookworm-docker_stable_binary-amd64_Packages': '',
      'var/lib/apt/periodic/update-success-stamp': '',
    },
    missing: [
      { file: 'var/lib/apt/lists/d_docker_dists_bookworm-docker_InRelease', name: 'bookworm-docker' },
      {
        file: 'var/lib/apt/lists/d_docker_dists_bookworm-docker_stable_binary-amd64_Packages',
        name: 'bookworm-docker',
      },
    ],
    none: () => answer(''),
    one: (args) => answer(args.includes('dist-upgrade') ? 'Inst a [1] (2 Debian:12/stable [amd64])\n' : ''),
  },
];

const without = (files: Record<string, string>, dropped: (path: string) => boolean) =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !dropped(path)));
const readFrom = (machine: Machine, root: string, run: (args: readonly string[]) => RunResult) =>
  machine.manager.read(trialContext({ root, platform: 'linux', run: async (_, args) => run(args) }));

for (const machine of machines) {
  test(`${machine.name}: with everything there, nothing found is zero`, async () => {
    const state = await readFrom(machine, tree(machine.files), machine.none);
    assert.equal([state.scan, state.pending, state.reason], ['ok', 0, null]);
  });

  for (const { file, name } of machine.missing)
    test(`${machine.name}: without ${file} nothing found is not known`, async () => {
      const root = tree(without(machine.files, (path) => path === file));
      const state = await readFrom(machine, root, machine.none);
      assert.is.not(state.scan, 'ok');
      assert.equal([state.pending, state.pendingSecurity], [null, null]);
      assert.match(inLog(state.reason), name);
      if (!machine.one) return;
      const found = await readFrom(machine, root, machine.one);
      assert.is.not(found.scan, 'ok', 'what is found is at least what is pending');
      assert.is(found.list.length, 1);
      assert.match(inLog(found.reason), name);
    });

  test(`${machine.name}: without any metadata nothing found is not known`, async () => {
    const root = tree(without(machine.files, (path) => /(repomd\.xml|\.db|APKINDEX.*|lists\/.*)$/.test(path)));
    const state = await readFrom(machine, root, machine.none);
    assert.equal([state.scan, state.pending], ['failed', null]);
    assert.ok(state.reason);
  });
}

test('dnf: what it leaves out although a folder is there, and a repository that answers no more', async () => {
  const machine = machines[0] as Machine;
  const ignored = await readFrom(machine, tree(machine.files), () =>
    answer('', 0, "Error: Cache-only enabled but no cache for 'fedora'\nIgnoring repositories: fedora\n"),
  );
  assert.equal(
    [ignored.scan, ignored.pending, ignored.reason],
    ['failed', null, [reason('no_metadata_of', { repositories: 'fedora' })]],
  );
  const root = tree(machine.files);
  addFile(root, `var/cache/dnf/fedora-cisco-openh264-${hash}/repodata/repomd.xml`, repomd, 30);
  const dead = await readFrom(machine, root, machine.none);
  assert.equal(
    [dead.scan, dead.pending, dead.reason],
    ['failed', null, [reason('old_metadata_of', { repositories: 'fedora-cisco-openh264' })]],
  );
  addFile(root, `var/cache/dnf/fedora-cisco-openh264-${hash}/repodata/repomd.xml`, repomd);
  addFile(root, `var/cache/dnf/fedora-${hash}/repodata/repomd.xml`, repomd, 12);
  assert.is((await readFrom(machine, root, machine.none)).scan, 'ok', 'this one is meant to be fetched once a week');
});

test('repo files: the words that switch off, overrides with a pattern, how fresh', () => {
  const text =
    '[main]\ngpgcheck=1\n[a]\nenabled = No\n[b]\nmetadata_expire=never\n[c]\nenabled=1\nmetadata_expire=6h\n';
  assert.equal(enabledRepositories([text]), [
    { id: 'b', enabled: null, expire: Number.POSITIVE_INFINITY },
    { id: 'c', enabled: true, expire: 21_600 },
  ]);
  assert.equal(
    enabledRepositories([text], ['[*]\nenabled=0\n[a]\nenabled=1\n']).map(({ id }) => id),
    ['a'],
  );
  assert.equal(parseRepositories('enabled=0\n'), []);
});

test('zypper: a repository that it skips at run time, and only the others are asked', async () => {
  const machine = machines.find(({ name }) => name === 'zypper') as Machine;
  const skipped =
    '<message type="warning">Skipping repository &apos;oss&apos; because of the above error.</message>\n</stream>';
  const state = await readFrom(machine, tree(machine.files), (args) =>
    args.includes('list-patches')
      ? answer(zypperList('').replace('</stream>', skipped), 106)
      : answer('No updates found.\n', 106),
  );
  assert.equal(
    [state.scan, state.pending, state.reason],
    ['failed', null, [reason('no_metadata_of', { repositories: 'oss' })]],
  );
  const asked: string[][] = [];
  const root = tree(without(machine.files, (path) => path.includes('/oss/')));
  await readFrom(machine, root, (args) => {
    asked.push([...args]);
    return machine.none(args);
  });
  assert.equal(asked[0]?.slice(-2), ['--repo', 'SLE:a/b c']);
});

test('pacman: an empty answer beside any complaint', async () => {
  const machine = machines.find(({ name }) => name === 'pacman') as Machine;
  for (const stderr of [
    "warning: database file for 'extra' does not exist (use '-Sy' to download)\n",
    "warning: database 'core' is corrupt\n",
    'error: failed to initialize alpm library\n',
  ]) {
    const state = await readFrom(machine, tree(machine.files), () => answer('', 1, stderr));
    assert.equal([state.scan, state.pending], ['failed', null], stderr);
  }
  const newer = await readFrom(machine, tree(machine.files), () =>
    answer('', 1, 'warning: foo: local (3-1) is newer than core (2-1)\n'),
  );
  assert.equal([newer.scan, newer.pending], ['ok', 0]);
});

test('apk: what it could not open, and a release that names its indexes otherwise', async () => {
  assert.is(apkIndexName('http://dl-cdn.alpinelinux.org/alpine/edge/main'), 'APKINDEX.066df28d.tar.gz');
  const words =
    'WARNING: opening from cache https://h/main: No such file or directory\nWARNING: Ignoring https://h/b: x\n';
  assert.equal(unopenedRepositories(words), ['https://h/main', 'https://h/b']);
  const machine = machines.find(({ name }) => name === 'apk') as Machine;
  const state = await readFrom(machine, tree(machine.files), () => answer('', 0, words));
  assert.equal([state.scan, state.pending], ['failed', null]);
  const other = {
    ...without(machine.files, (path) => path.includes('APKINDEX')),
    'var/cache/apk/APKINDEX.00000001.tar.gz': '',
    'var/cache/apk/APKINDEX.00000002.tar.gz': '',
  };
  assert.is((await readFrom(machine, tree(other), machine.none)).scan, 'ok');
});

test('apt: a security mirror that stands still, by its own word or without one', async () => {
  const machine = machines.find(({ name }) => name === 'apt') as Machine;
  const sources = `${machine.files['etc/apt/sources.list']}deb http://s/sec bookworm-security main\n`;
  const index = 'var/lib/apt/lists/s_sec_dists_bookworm-security_InRelease';
  const day = 86_400_000;
  const at = (days: number) => new Date(Date.now() + days * day).toUTCString();
  const read = (header: string) =>
    readFrom(
      machine,
      tree({ ...machine.files, 'etc/apt/sources.list': sources, [index]: `Suite: bookworm-security\n${header}\n` }),
      machine.none,
    );
  assert.equal((await read(`Date: ${at(-1)}\nValid-Until: ${at(6)}`)).pendingSecurity, 0);
  for (const header of [`Date: ${at(-9)}\nValid-Until: ${at(-2)}`, `Date: ${at(-90)}`]) {
    const state = await read(header);
    assert.equal([state.scan, state.pending], ['failed', null], header);
    assert.match(inLog(state.reason), 'bookworm-security');
  }
});

test('apt: the index that names a security update bounds its age, and so does a file fetched already', async () => {
  const machine = machines.find(({ name }) => name === 'apt') as Machine;
  const day = 86_400_000;
  const indexed = Math.floor((Date.now() - 5 * day) / 1000) * 1000;
  const root = tree({
    ...machine.files,
    'etc/apt/sources.list': 'deb http://h/debian bookworm main\ndeb http://s/sec bookworm-security main\n',
    'var/lib/apt/lists/s_sec_dists_bookworm-security_InRelease': `Suite: bookworm-security\nDate: ${new Date(indexed).toUTCString()}\n`,
  });
  const run = (args: readonly string[]) =>
    answer(
      args.includes('dist-upgrade')
        ? 'Inst a [1] (1:2+b1 Debian-Security:12/x-security [amd64])\n'
        : 'a:\n  Installed: 1\n  Candidate: 1:2+b1\n  Version table:\n     1:2+b1 500\n        500 http://s/sec bookworm-security/main amd64 Packages\n *** 1 100\n        100 /var/lib/dpkg/status\n',
    );
  const bound = (await readFrom(machine, root, run)).list[0];
  assert.equal([bound?.security, bound?.since, bound?.sinceAtLeast], [true, indexed, true]);
  const file = 'var/cache/apt/archives/a_1%3a2+b1_amd64.deb';
  addFile(root, file, '', 40);
  const earlier = (await readFrom(machine, root, run)).list[0];
  assert.ok((earlier?.since ?? 0) < Date.now() - 39 * day);
  assert.is(earlier?.sinceAtLeast, true, 'the date of the file may be that of its download');
  addFile(root, file, '', 1);
  assert.is((await readFrom(machine, root, run)).list[0]?.since, indexed);
});

test('flatpak and snap: an error is not an empty list', async () => {
  const files = { 'usr/bin/flatpak': '', 'var/lib/flatpak/appstream': '', 'run/snapd.socket': '' };
  const read = (manager: PatchManager, result: RunResult) =>
    manager.read(trialContext({ root: tree(files), platform: 'linux', run: async () => result }));
  const remote = await read(flatpak, answer('', 1, "error: No cached summary for remote 'x'"));
  assert.equal([remote.scan, remote.pending], ['failed', null]);
  assert.match(inLog(remote.reason), "'x'");
  assert.equal((await read(flatpak, answer(''))).pending, 0);
  assert.is((await read(snap, answer('', 0))).pending, null);
  assert.is((await read(snap, answer('Name Version Rev Size Publisher Notes\n', 0))).pending, null);
  const head = 'Notes  Rev  Name     Version\n';
  assert.equal((await read(snap, answer(`${head}-      12   firefox  130.0\n`))).list[0]?.candidate, '130.0');
});

test('winget that cannot start is unknown with the reason, and no failed scan of the machine', async () => {
  const refused: (() => Promise<RunResult>)[] = [
    () => Promise.reject(new NoData(reason('not_installed', { program: 'winget.exe' }))),
    () => Promise.reject(new Error('spawn UNKNOWN')),
    async () => answer('', -1073741515),
    async () => ({ ...answer('', null), signal: 'SIGKILL' }),
  ];
  for (const run of refused) {
    const state = await winget.read(trialContext({ platform: 'win32', run }));
    assert.equal([state.scan, state.pending, state.thirdParty], ['unknown', null, true]);
    assert.match(inLog(state.reason), /^winget_not_started, /);
  }
  const run = async (file: string) => (file === 'winget.exe' ? answer('', 5) : answer('{"rc":4}'));
  const findings = await patches.run(trialContext({ platform: 'win32', run }));
  assert.equal(
    findings.metrics?.map(({ tags }) => tags.manager),
    ['windows-update'],
  );
  const broken = 'Failed when opening source(s); try the source reset command\nNo installed package found\n';
  const state = await winget.read(trialContext({ platform: 'win32', run: async () => answer(broken) }));
  assert.equal([state.scan, state.pending], ['failed', null]);
});

test.after(removeTrees);
test.run();
