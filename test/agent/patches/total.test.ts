/** Parsers of package managers are total, and damage never turns pending updates into none. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { looseJson } from '../../../agent/checks/parse.ts';
import { parseApkUpdates } from '../../../agent/checks/patches/apk.ts';
import { parseAptHistory, parseUnattendedLog, realTransactions } from '../../../agent/checks/patches/apt-logs.ts';
import { parseSourcesFile, parseSourcesList } from '../../../agent/checks/patches/apt-sources.ts';
import { parseAptPolicy, parseAptSimulation, parseRelease } from '../../../agent/checks/patches/apt-text.ts';
import { parseBrewOutdated } from '../../../agent/checks/patches/brew.ts';
import {
  parseAdvisories,
  parseAdvisoriesJson,
  parseCheckUpdate,
  parseCheckUpgradeJson,
} from '../../../agent/checks/patches/dnf-text.ts';
import { parseDpkgStatus } from '../../../agent/checks/patches/dpkg-status.ts';
import { parseFlatpakUpdates } from '../../../agent/checks/patches/flatpak.ts';
import { parsePacmanUpdates } from '../../../agent/checks/patches/pacman.ts';
import { parseRepositories } from '../../../agent/checks/patches/repo-file.ts';
import { parseSnapRefreshes } from '../../../agent/checks/patches/snap.ts';
import {
  parseSoftwareUpdatePlist,
  parseSoftwareUpdates,
  parseSwVers,
} from '../../../agent/checks/patches/softwareupdate.ts';
import { parseProStatus } from '../../../agent/checks/patches/ubuntu-pro.ts';
import {
  parseSystemInfo,
  parseUpdateHistory,
  parseUpdatesSection,
  parseWindowsSearch,
  parseWindowsVersion,
} from '../../../agent/checks/patches/windows-text.ts';
import { parseWingetUpgrades } from '../../../agent/checks/patches/winget.ts';
import { parsePatchCheck, parseZypperPatches, parseZypperUpdates } from '../../../agent/checks/patches/zypper.ts';
import { type Reader, tryToFool } from '../../support/damage.ts';
import { samplesAreHere, samplesOf } from '../../support/samples.ts';

const empty = (list: readonly unknown[] | null | undefined) => Array.isArray(list) && list.length === 0;
const inst = `Inst libssl3 [3.0.1-1] (3.0.2-1 Debian:12/oldstable, Debian-Security:12/oldstable-security [amd64])
Conf libssl3 (3.0.2-1 Debian:12/oldstable, Debian-Security:12/oldstable-security [amd64])
Inst bash [5.2-1] (5.2-2 Debian:12/oldstable [amd64])
Conf bash (5.2-2 Debian:12/oldstable [amd64])
`;
const dnfRows = `
curl.x86_64       7.76.1-26.el9_3.3     baseos
tzdata.noarch     2024a-1.el9           baseos
`;
const winget = `Name        Id            Version Available Source
----------------------------------------------------
Git         Git.Git       2.54.0  2.55.0.3  winget
7-Zip       7zip.7zip     23.01   24.07     winget
2 upgrades available.
`;
const section = '0 2 1\nOne (KB5000001); Two (KB5000002)\nThree\n';

/** Whatever else is read from these texts, reading must not throw. */
const alsoReads = (text: string) => {
  parseAptPolicy(text);
  parseRelease(text);
  realTransactions(parseAptHistory(text));
  parseUnattendedLog(text);
  parseSourcesList(text);
  parseSourcesFile(text);
  parseDpkgStatus(text);
  parseAdvisories(text);
  parseRepositories(text);
  parseProStatus(text);
  parseSwVers(text);
  parseUpdateHistory(text);
  parseSystemInfo(text);
  parseWindowsVersion(text);
  parseSoftwareUpdatePlist(text);
};

const readers: Reader[] = [
  { name: 'apt', sample: inst, claimsNothing: (text) => empty(parseAptSimulation(text, 0).inst) },
  { name: 'dnf', sample: dnfRows, claimsNothing: (text) => empty(parseCheckUpdate(text, 100, '', 60).updates) },
  {
    name: 'dnf, code lost',
    sample: dnfRows,
    claimsNothing: (text) => empty(parseCheckUpdate(text, null, '', 60).updates),
  },
  {
    name: 'dnf without metadata',
    sample: dnfRows,
    claimsNothing: (text) => empty(parseCheckUpdate(text, 0, '', null).updates),
  },
  {
    name: 'dnf5 json',
    sample: '{"upgrades":[{"name":"curl","arch":"x86_64","evr":"1-2","repository":"b"}]}',
    claimsNothing: (text) => empty(parseCheckUpgradeJson(text, 0, null).updates),
  },
  {
    name: 'dnf5 advisories',
    sample: '[{"name":"RHSA-1:1","type":"security","severity":"Low","nevra":"a-1-1.x86_64","buildtime":1}]',
    claimsNothing: (text) => parseAdvisoriesJson(text) !== null && looseJson(text) === undefined,
  },
  {
    name: 'zypper patches',
    sample: `<?xml version='1.0'?>\n<stream>\n<update-status version="0.6">\n<update-list>\n<update kind="patch" name="A-1" status="needed" category="security" severity="low"><issue-date time_t="1704844800"/></update></update-list>\n</update-status>\n</stream>\n`,
    claimsNothing: (text) => empty(parseZypperPatches(text)) && /<update\s/.test(text) && /kind="patch"/.test(text),
  },
  {
    name: 'zypper patch-check',
    sample: 'Found 4 applicable patches:\n\n3 patches needed (3 security patches)\n',
    claimsNothing: (text) => parsePatchCheck(text, 101).needed === 0 && !/(^|\D)0+ patch/.test(text),
  },
  {
    name: 'zypper list',
    sample:
      'S | Repository | Name | Current | Available | Arch\n--+------------+------+---------+-----------+-----\nv | r | curl | 1 | 2 | x86_64\n',
    claimsNothing: (text) => empty(parseZypperUpdates(text)),
  },
  {
    name: 'pacman',
    sample: 'linux 6.6.1-1 -> 6.7.4-1\nopenssl 3.1-1 -> 3.2-1\n',
    claimsNothing: (text) => empty(parsePacmanUpdates(text, 0)),
  },
  {
    name: 'apk',
    sample: 'busybox-1.36.1-r29 x86_64 {busybox} (GPL-2.0-only) [upgradable from: busybox-1.36.1-r28]\n',
    claimsNothing: (text) => empty(parseApkUpdates(text, 0)) && !/^(WARNING|fetch|Installed:)/.test(text),
  },
  { name: 'winget', sample: winget, claimsNothing: (text) => empty(parseWingetUpgrades(text, 0).updates) },
  {
    name: 'softwareupdate',
    sample:
      'Software Update found the following new or updated software:\n* Label: macOS 26.7-25G1\n\tTitle: macOS 26.7, Version: 26.7, Size: 3KiB, Recommended: YES, Action: restart, \n',
    claimsNothing: (text) => empty(parseSoftwareUpdates(text)),
  },
  {
    name: 'softwareupdate plist',
    sample:
      '{\n LastResultCode = 0;\n LastUpdatesAvailable = 3;\n RecommendedUpdates = (\n {\n "Display Name" = Safari;\n }\n );\n}\n',
    claimsNothing: (text) => parseSoftwareUpdatePlist(text)?.pending === 0 && !/Available = 0+\D/.test(text),
  },
  {
    name: 'checkmk section',
    sample: section,
    claimsNothing: (text) => parseUpdatesSection(text).important === 0 && !/(^|\s)0+\s/.test(text.slice(1)),
  },
  {
    name: 'brew',
    sample: '{"formulae":[{"name":"a","installed_versions":["1"],"current_version":"2"}],"casks":[]}',
    claimsNothing: (text) =>
      empty(parseBrewOutdated(text)) && /"name":"."/.test(text) && !/\[\]/.test(text.slice(12, 20)),
  },
  {
    name: 'snap',
    sample: 'Name Version Rev Size Publisher Notes\nfirefox 130 4848 292MB mozilla -\n',
    claimsNothing: (text) => empty(parseSnapRefreshes(text)),
  },
  {
    name: 'flatpak',
    sample: 'org.gimp.GIMP\t2.10.38\tflathub\norg.a.B\t1\tflathub\n',
    claimsNothing: (text) => empty(parseFlatpakUpdates(text, 0)),
  },
  {
    name: 'windows search',
    sample:
      '{"rc":2,"updates":[{"title":"A (KB5000001)","kb":["5000001"],"cat":["0fa1201d-4330-4fa8-8ae9-b877473b6441"]}],"lastSearch":"2026-01-01T00:00:00Z"}',
    claimsNothing: (text) =>
      empty(parseWindowsSearch(looseJson(text)).updates) && /title/.test(text) && /"rc":2,"updates":\[/.test(text),
  },
];

for (const reader of readers)
  test(`${reader.name}: damage is never "nothing to do"`, () => {
    const guarded = {
      ...reader,
      claimsNothing: (text: string) => {
        alsoReads(text);
        return reader.claimsNothing(text);
      },
    };
    tryToFool(guarded, 400);
  });

test('zypper: a tag that lost its end takes no update with it', () => {
  const list = (begin: string) =>
    parseZypperPatches(
      `<stream>\n<update-list${begin}\n<update kind="patch" name="A-1"></update></update-list>\n</stream>\n`,
    );
  assert.is(list('>')?.length, 1);
  assert.is(list(''), null);
});

test('damaged captures do not make a parser throw', () => {
  let read = 0;
  const claimsNothing = (text: string) => {
    alsoReads(text);
    return false;
  };
  for (const kind of [
    'apt-simulate',
    'dnf-check-update',
    'zypper-xml-lp',
    'softwareupdate-plist',
    'winget-upgrade',
    'ubuntu-pro',
  ])
    for (const sample of samplesOf(kind)) {
      const text = sample.text(sample.roles[0] ?? '').slice(0, 6000);
      if (text === '') continue;
      tryToFool({ name: sample.id, sample: text, claimsNothing }, 40);
      read += 1;
    }
  if (samplesAreHere) assert.ok(read > 0);
});

test.run();
