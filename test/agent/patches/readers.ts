/** Every parser of updates, restarts, ends of life, clocks and software with a sample: see ../readers.ts. */

import { distroInfoOf, lifeOf, parseOsRelease } from '../../../agent/checks/os/end-of-life.ts';
import * as reboot from '../../../agent/checks/os/reboot-text.ts';
import * as clock from '../../../agent/checks/os/time-sync.ts';
import { looseJson } from '../../../agent/checks/parse.ts';
import * as apk from '../../../agent/checks/patches/apk.ts';
import { unattendedSetting } from '../../../agent/checks/patches/apt.ts';
import * as aptLogs from '../../../agent/checks/patches/apt-logs.ts';
import * as aptSources from '../../../agent/checks/patches/apt-sources.ts';
import * as aptText from '../../../agent/checks/patches/apt-text.ts';
import { parseBrewOutdated } from '../../../agent/checks/patches/brew.ts';
import { compareDebianVersions } from '../../../agent/checks/patches/debian-version.ts';
import * as dnf from '../../../agent/checks/patches/dnf-text.ts';
import { parseDpkgStatus } from '../../../agent/checks/patches/dpkg-status.ts';
import { parseFlatpakUpdates } from '../../../agent/checks/patches/flatpak.ts';
import * as pacman from '../../../agent/checks/patches/pacman.ts';
import { enabledRepositories, parseRepositories } from '../../../agent/checks/patches/repo-file.ts';
import { parseSnapRefreshes } from '../../../agent/checks/patches/snap.ts';
import * as apple from '../../../agent/checks/patches/softwareupdate.ts';
import { parseProStatus } from '../../../agent/checks/patches/ubuntu-pro.ts';
import * as windows from '../../../agent/checks/patches/windows-text.ts';
import { parseWingetUpgrades } from '../../../agent/checks/patches/winget.ts';
import * as zypper from '../../../agent/checks/patches/zypper.ts';
import * as software from '../../../agent/checks/software/lists.ts';
import type { TextReader } from '../readers.ts';

const none = (list: readonly unknown[] | null | undefined) => Array.isArray(list) && list.length === 0;
const now = Date.UTC(2026, 10, 26);

const simulation =
  'Inst libssl3 [3.0.1-1] (3.0.2-1 Debian:12/oldstable, Debian-Security:12/oldstable-security [amd64]) []\nConf libssl3 (3.0.2-1 Debian:12/oldstable [amd64])\n';
const policy =
  'a:\n  Installed: 1\n  Candidate: 2\n  Version table:\n     2 500 (phased 50%)\n        500 http://s/sec x-security/main amd64 Packages\n *** 1 100\n';
const dnfRows = 'curl.x86_64       7.76.1-26.el9_3.3     baseos\na-long.x86_64\n    1.2-3 baseos\n';
const advisories =
  'FEDORA-2024-129d8ca6fc security Moderate  curl-8.6.0-7.fc40.x86_64 2024-03-28 01:03:05\ni ELSA-2024-1234 Important/Sec. kernel-uek-5.4.17-2136.el8uek.x86_64\n';
const dpkg =
  'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nMaintainer: M <m@x>\n\nPackage: b\n';
const patchList = `<?xml version='1.0'?>\n<stream>\n<update-list>\n<update kind="patch" name="A-1" status="needed" category="security" severity="low"><issue-date time_t="1704844800"/><issue type="cve" id="C"/></update></update-list>\n</stream>\n`;
const search =
  '{"rc":2,"updates":[{"title":"A (KB5000001)","kb":["5000001"],"cat":["0fa1201d-4330-4fa8-8ae9-b877473b6441"],"date":"2026-01-01T00:00:00Z"}],"lastSearch":"2026-01-01T00:00:00Z"}';

/** Empty text and a success code are an answer of some tools; whether that counts is decided beside the lists' age. */
const something = (text: string) => text.trim() !== '';

export const updateReaders: readonly TextReader[] = [
  {
    name: 'apk list',
    sample: 'busybox-1.36.1-r29 x86_64 {busybox} (GPL) [upgradable from: busybox-1.36.1-r28]\n',
    parse: (text) => apk.parseApkUpdates(text, 0, text),
    isGood: (text) => something(text) && none(apk.parseApkUpdates(text, 0)),
  },
  {
    name: 'apk version',
    sample: 'busybox-1.36.1-r28     < 1.36.1-r29 \n',
    parse: (text) => apk.parseApkUpdates(text, 0),
    isGood: (text) => something(text) && none(apk.parseApkUpdates(text, 0)),
  },
  {
    name: 'apk warnings',
    sample: 'WARNING: opening from cache https://h/main: No such file\nWARNING: Ignoring https://h/b: x\n',
    parse: apk.unopenedRepositories,
  },
  { name: 'apk repositories', sample: '@edge https://h/main\n#x\n', parse: apk.parseApkRepositories },
  { name: 'apk name', sample: 'ca-certificates-bundle-20240705-r0', parse: apk.splitApkName },
  {
    name: 'apt history',
    sample:
      'Start-Date: 2026-11-22  09:19:52\nCommandline: apt-get upgrade --dry-run\nUpgrade: a:amd64 (1, 2), b (1, 2)\nEnd-Date: 2026-11-22  09:19:52\n',
    parse: (text) => aptLogs.parseAptHistory(text).map(({ start, end, command }) => ({ start, end, command })),
  },
  {
    name: 'unattended-upgrades',
    sample:
      "2026-11-22 09:19:58,299 INFO Starting unattended upgrades script\n2026-11-22 09:19:58,299 INFO Allowed origins are: ['o=Debian,a=stable'], o=x\n2026-11-22 INFO Packages that will be upgraded: \n",
    parse: aptLogs.parseUnattendedLog,
  },
  {
    name: 'sources.list',
    sample: 'deb [arch=amd64 signed-by=/x.gpg] https://u:p@h/ubuntu/ noble main\n',
    parse: (text) => aptSources.parseSourcesList(text).map(aptSources.listPrefix),
  },
  {
    name: 'sources of deb822',
    sample:
      'Types: deb deb-src\nURIs: http://deb/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\n\nTypes: deb\n',
    parse: (text) => aptSources.parseSourcesFile(text).map(aptSources.listPrefix),
  },
  {
    name: 'apt-get simulation',
    sample: simulation,
    parse: (text) => aptText.parseAptSimulation(text, 0, text),
    isGood: (text) => something(text) && none(aptText.parseAptSimulation(text, 0).inst),
  },
  { name: 'apt-cache policy', sample: policy, parse: aptText.parseAptPolicy },
  {
    name: 'Release',
    sample:
      'Origin: Debian\nLabel: Debian-Security\nSuite: x-security\nCodename: x\nDate: Fri, 20 Nov 2026  0:12:41 UTC\nValid-Until: Fri, 27 Nov 2026 00:12:41 +0100\n',
    parse: aptText.parseRelease,
  },
  {
    name: 'Release, its indexes',
    sample: ' 0123456789abcdef0123456789abcdef 12 main/binary-amd64/Packages\n',
    parse: aptText.namesPackages,
  },
  {
    name: 'apt.conf',
    sample: '// x\nAPT::Periodic::Unattended-Upgrade "1";\n',
    parse: (text) => unattendedSetting([text]),
  },
  {
    name: 'brew',
    sample: '{"formulae":[{"name":"a","installed_versions":["1"],"current_version":"2"}],"casks":[]}',
    parse: parseBrewOutdated,
    isGood: (text) => none(parseBrewOutdated(text)),
  },
  {
    name: 'Debian version',
    sample: '1:2.36-9+deb12u4~x',
    parse: (text) => compareDebianVersions(text, `${text}1`) < 0,
  },
  {
    name: 'dnf check-update',
    sample: dnfRows,
    parse: (text) => dnf.parseCheckUpdate(text, 100, text, 60).updates,
    isGood: (text) => none(dnf.parseCheckUpdate(text, 100, '', 60).updates),
  },
  { name: 'dnf, code 0', sample: dnfRows, parse: (text) => dnf.parseCheckUpdate(text, 0, text, 60).updates },
  {
    name: 'dnf complaints',
    sample: "Error: Cache-only enabled but no cache for 'fedora'\nIgnoring repositories: fedora, b\n",
    parse: dnf.ignoredRepositories,
  },
  {
    name: 'dnf 5 as JSON',
    sample: '{"upgrades":[{"name":"curl","arch":"x86_64","evr":"1-2","repository":"b"}]}',
    parse: (text) => dnf.parseCheckUpgradeJson(text, 0, 60).updates,
    isGood: (text) => none(dnf.parseCheckUpgradeJson(text, 0, 60).updates),
  },
  { name: 'advisories', sample: advisories, parse: dnf.parseAdvisories },
  {
    name: 'dates of advisories',
    sample: '  Update ID : RHSA-2026:2\n     Issued : 2026-09-01\n    Updated : 2026-10-09 00:00:00\n',
    parse: dnf.parseAdvisoryDates,
  },
  {
    name: 'advisories as JSON',
    sample:
      '[{"name":"RHSA-1:1","type":"security","severity":"Low","nevra":"a-1-1.x86_64","buildtime":"2026-10-02 11:22:33"}]',
    parse: dnf.parseAdvisoriesJson,
    isGood: (text) => none(dnf.parseAdvisoriesJson(text)),
  },
  { name: 'name of an rpm', sample: 'curl-7.76.1-26.el9.x86_64', parse: dnf.packageKey },
  { name: 'dpkg status', sample: dpkg, parse: parseDpkgStatus },
  {
    name: 'flatpak',
    sample: 'org.gimp.GIMP\t2.10.38\tflathub\n',
    parse: (text) => parseFlatpakUpdates(text, 0),
    isGood: (text) => something(text) && none(parseFlatpakUpdates(text, 0)),
  },
  {
    name: 'pacman -Qu',
    sample: 'linux 6.6.1-1 -> 6.7.4-1 [ignored]\n',
    parse: (text) => pacman.parsePacmanUpdates(text, 0, ''),
    isGood: (text) => something(text) && none(pacman.parsePacmanUpdates(text, 0)),
  },
  {
    name: 'pacman, beside its answer',
    sample: "warning: database file for 'extra' does not exist (use '-Sy' to download)\n",
    parse: (text) => [pacman.withoutDatabase(text), pacman.parsePacmanUpdates('', 1, text)],
    isGood: (text) => something(text) && none(pacman.parsePacmanUpdates('', 1, text)),
  },
  {
    name: 'pacman.conf',
    sample: '[options]\n[core] # x\nInclude = /etc/pacman.d/mirrorlist\n',
    parse: pacman.parsePacmanConf,
  },
  { name: 'repo files', sample: '[a]\nenabled = 1\nmetadata_expire=6h\n', parse: parseRepositories },
  { name: 'overrides', sample: '[*]\nenabled = 1\n', parse: (text) => enabledRepositories(['[a]\n'], [text]) },
  {
    name: 'snap',
    sample: 'Name Version Rev Size Publisher Notes\nfirefox 130 4848 292MB mozilla -\n',
    parse: (text) => parseSnapRefreshes(text, text),
    isGood: (text) => none(parseSnapRefreshes(text)),
  },
  {
    name: 'softwareupdate -l',
    sample:
      'Software Update found\n* Label: macOS 26.7-25G1\n\tTitle: macOS 26.7, Version: 26.7, Size: 3KiB, Recommended: YES, Action: restart, \n',
    parse: (text) => apple.parseSoftwareUpdates(text, '26.6'),
    isGood: (text) => none(apple.parseSoftwareUpdates(text, '26.6')),
  },
  {
    name: 'softwareupdate -l before Catalina',
    sample: '   * Security Update 2019\n\tSecurity Update 2019-001 (10.13.6), 1906041K [recommended] [restart]\n',
    parse: (text) => apple.parseSoftwareUpdates(text),
    isGood: (text) => none(apple.parseSoftwareUpdates(text)),
  },
  {
    name: 'softwareupdate, defaults',
    sample:
      '{\n LastResultCode = 2;\n LastUpdatesAvailable = 3;\n LastSuccessfulDate = "2026-11-20 10:00:00 +0000";\n RecommendedUpdates = (\n {\n "Display Name" = Safari;\n }\n );\n}\n',
    parse: apple.parseSoftwareUpdatePlist,
  },
  {
    name: 'softwareupdate, plist',
    sample:
      '<?xml version="1.0"?><!DOCTYPE plist><plist version="1.0"><dict><key>LastUpdatesAvailable</key><integer>1</integer><key>LastSuccessfulDate</key><date>2026-11-20T10:00:00Z</date></dict></plist>',
    parse: apple.parseSoftwareUpdatePlist,
  },
  {
    name: 'sw_vers with blanks',
    sample: 'ProductName:\t\tmacOS\nProductVersion:\t\t15.1\nBuildVersion:\t\t24B83\n',
    parse: apple.parseSwVers,
  },
  {
    name: 'Ubuntu Pro',
    sample: '{"attached":false,"summary":{"ua":{"attached":true}},"packages":[{"service_name":"esm"}]}',
    parse: parseProStatus,
  },
  {
    name: 'Windows Update',
    sample: search,
    parse: (text) => windows.parseWindowsSearch(looseJson(text)).updates,
    isGood: (text) => none(windows.parseWindowsSearch(looseJson(text)).updates),
  },
  {
    name: 'Windows Update, texts in its answer',
    sample: 'A (KB5000001) 2026-01-01T00:00:00Z',
    parse: (text) =>
      windows.parseWindowsSearch({ rc: 2, lastSearch: text, updates: [{ title: text, date: text, kb: text }] }),
  },
  {
    name: 'history of Windows Update',
    sample: 'Title : A (KB5000001)\nOperation : 1\nResultCode : 2\nDate : 2026-01-01T00:00:00Z\n\nTitle : B\n',
    parse: windows.parseUpdateHistory,
  },
  { name: 'Get-HotFix', sample: 'KB5000001 x\n', parse: windows.parseHotfixes },
  {
    name: 'windows_updates of Checkmk',
    sample: '<<<windows_updates>>>\n1 2 1\nOne (KB5000001); Two (KB5000002)\nThree\n2026-01-01 00:00:00\n',
    parse: windows.parseUpdatesSection,
  },
  {
    name: 'reg.exe',
    sample:
      '\n    ProductName    REG_SZ    Windows 10 Pro\n    CurrentBuild    REG_SZ    26100\n    UBR    REG_DWORD    0x93c\n',
    parse: (text) => windows.parseWindowsVersion(text).product,
  },
  {
    name: 'systeminfo by position',
    sample:
      'Host Name:                 X\nOS Name:                   Microsoft Windows 10 Pro\nOS Version:                10.0.19045 N/A Build 19045\nOS Manufacturer: M\nOS Configuration:  Standalone Workstation\n',
    parse: windows.parseSystemInfo,
  },
  {
    name: 'winget',
    sample:
      'Name        Id            Version Available Source\n----------------------------------------------------\nGit         Git.Git       2.54.0  2.55.0.3  winget\n2 upgrades available.\n',
    parse: (text) => parseWingetUpgrades(text, 0),
    isGood: (text) => none(parseWingetUpgrades(text, 0).updates),
  },
  {
    name: 'winget, a source that fails',
    sample: 'Failed when opening source(s); try again\nNo installed package found\n',
    parse: (text) => parseWingetUpgrades(text, 0),
    isGood: (text) => none(parseWingetUpgrades(text, 0).updates),
  },
  {
    name: 'zypper list-patches',
    sample: patchList,
    parse: zypper.parseZypperPatches,
    isGood: (text) => none(zypper.parseZypperPatches(text)),
  },
  {
    name: 'zypper, what it skips',
    sample: '<message type="warning">Skipping repository &apos;E&apos; because of the above error.</message>\n',
    parse: zypper.skippedRepositories,
  },
  {
    name: 'zypper patch-check',
    sample: '\n3 patches needed (3 security patches)\n',
    parse: (text) => zypper.parsePatchCheck(text, 101),
    isGood: (text) => zypper.parsePatchCheck(text, 101).needed === 0,
  },
  {
    name: 'zypper list-updates',
    sample:
      'S | Repository | Name | Current Version | Available Version | Arch\n--+------------+------+---------+-----------+-----\nv | r | curl | 1 | 2 | x86_64\n',
    parse: zypper.parseZypperUpdates,
    isGood: (text) => none(zypper.parseZypperUpdates(text)),
  },
  { name: 'reboot-required.pkgs', sample: 'libc6\n', parse: (text) => reboot.parseRebootRequired('', text).packages },
  {
    name: 'needrestart',
    sample: 'NEEDRESTART-VER: 3.6\nNEEDRESTART-KCUR: 6.1\nNEEDRESTART-KSTA: 3\nNEEDRESTART-SVC: a\n',
    parse: reboot.parseNeedrestart,
    isGood: (text) => reboot.parseNeedrestart(text).rebootRequired === false,
  },
  {
    name: 'needs-restarting',
    sample: 'Core libraries or services have been updated:\n  * glibc -> 2\n\nReboot is required to\n',
    parse: (text) => [reboot.parseNeedsRestarting(text, 1), reboot.parseNeedsRestarting(text, null)],
    isGood: (text) =>
      [0, 1, null].some((code) => {
        const { known, rebootRequired } = reboot.parseNeedsRestarting(text, code);
        return known && !rebootRequired;
      }),
  },
  {
    name: 'rpm -q --last',
    sample: 'kernel-core-5.14.0-687.44.1.el9_8.x86_64  Mon 1 Jan 2026\n',
    parse: (text) => reboot.parseRpmLastKernel(text, '5.14.0-611.5.1.el9_7.x86_64'),
    isGood: (text) => reboot.parseRpmLastKernel(text, '5.14.0-611.5.1.el9_7.x86_64').rebootRequired === false,
  },
  {
    name: 'release of a kernel',
    sample: '5.14.0-611.5.1.el9_7.x86_64',
    parse: (text) => reboot.compareKernels(text, [`${text}1`, '6.1.0-40-amd64']),
  },
  {
    name: 'chronyc',
    sample: 'C0A80001,192.0.2.1,3,1795348875.1,-0.000012,0.0,0.0,1.0,0.0,0.0,0.0,0.0,64.0,Normal\n',
    parse: clock.parseChronyTracking,
  },
  {
    name: 'timedatectl',
    sample: 'NTP=yes\nNTPSynchronized=no\n',
    parse: clock.parseTimedatectl,
    isGood: (text) => clock.parseTimedatectl(text).synced === true,
  },
  {
    name: 'w32tm',
    sample:
      'Leap Indicator: 3(not synchronized)\nRoot Delay: 0.0312500s\nRoot Dispersion: 7,77s\nPhase Offset: -0.0001234s\nRate: 0.01s\n',
    parse: clock.parseW32tm,
    isGood: (text) => clock.parseW32tm(text).synced === true,
  },
  { name: 'sntp', sample: '+0.002345 +/- 0.012000 time.apple.com 17.253.1.1\n', parse: clock.parseSntp },
  { name: 'os-release, values', sample: 'ID=debian\nVERSION_ID="12"\nNAME=\'a b\'\n', parse: parseOsRelease },
  {
    name: 'end of life',
    sample: 'ID=debian\nVERSION_ID="11"\n',
    parse: (text) => lifeOf(text, null, null, now),
    isGood: (text) => ['supported', 'rolling', 'lts-only'].includes(lifeOf(text, null, null, now).state),
  },
  {
    name: 'distro-info',
    sample: 'version,codename,series,created,release,eol\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11\n',
    parse: (text) => distroInfoOf(text, 'bookworm', null),
  },
  { name: 'rpm -qa', sample: 'curl\t0\t1-2\tFedora\t1700000000\n', parse: software.fromRpm },
  { name: 'apk info', sample: 'busybox-1.36.1-r29\n', parse: software.fromApk },
  { name: 'pacman -Q', sample: 'linux 1-1\n', parse: software.fromPacman },
  { name: 'software of dpkg', sample: dpkg, parse: (text) => software.fromDpkg(text) },
  {
    name: 'uninstall keys',
    sample: '20260131',
    parse: (text) => software.fromUninstallKeys([{ DisplayName: text, InstallDate: text, Publisher: text }]),
  },
  {
    name: 'system_profiler',
    sample:
      '{"SPApplicationsDataType":[{"_name":"a","signed_by":["Developer ID Application: X (ABCDEFGHIJ)"],"lastModified":"2026-01-01T00:00:00Z"}]}',
    parse: software.fromSystemProfiler,
  },
  { name: 'mdls', sample: '2026-01-01 00:00:00 +0000\0(null)', parse: software.parseLastUsed },
];
