/** Every captured output of a package manager, read right. The mappings only rename: no reading happens here. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseApkUpdates } from '../../../agent/checks/patches/apk.ts';
import { parseAptHistory, parseUnattendedLog, realTransactions } from '../../../agent/checks/patches/apt-logs.ts';
import {
  isSecurityUpdate,
  parseAptPolicy,
  parseAptSimulation,
  parseRelease,
} from '../../../agent/checks/patches/apt-text.ts';
import {
  type Advisory,
  parseAdvisories,
  parseAdvisoriesJson,
  parseCheckUpdate,
  parseCheckUpgradeJson,
} from '../../../agent/checks/patches/dnf-text.ts';
import { parsePacmanUpdates } from '../../../agent/checks/patches/pacman.ts';
import { parseSoftwareUpdatePlist, parseSoftwareUpdates } from '../../../agent/checks/patches/softwareupdate.ts';
import { parseProStatus } from '../../../agent/checks/patches/ubuntu-pro.ts';
import { parseHotfixes, parseUpdateHistory, parseUpdatesSection } from '../../../agent/checks/patches/windows-text.ts';
import { parseWingetUpgrades } from '../../../agent/checks/patches/winget.ts';
import { parsePatchCheck, parseZypperPatches, parseZypperUpdates } from '../../../agent/checks/patches/zypper.ts';
import type { Reason } from '../../../shared/reason.ts';
import { checkKind, type Sample } from '../../support/samples.ts';

type Mapping = (sample: Sample) => Record<string, unknown>;

const aptSimulate: Mapping = (sample) => {
  const simulation = parseAptSimulation(sample.text('stdout'), sample.exitCode ?? 0, sample.text('stderr'));
  const inst = simulation.inst;
  const direct = inst?.filter((item) => item.security) ?? null;
  const policies = parseAptPolicy(sample.text('policy'));
  const truth = inst?.filter((item) => isSecurityUpdate(policies.get(item.name), item)) ?? null;
  const names = (list: typeof inst) => (list === null ? null : [...new Set(list.map((item) => item.name))]);
  const packages =
    inst?.map(({ name, from, to, origins, arch, security }) => ({
      name,
      ...(from === null ? {} : { from }),
      to,
      origins,
      arch,
      security,
    })) ?? null;
  // Other simulations of the same moment, such as `upgrade` beside `dist-upgrade`.
  const other = sample.roles.find((role) => /dist|full/i.test(role));
  const all = other ? names(parseAptSimulation(sample.text(other), 0).inst) : null;
  const kept = all?.filter((name) => !names(inst)?.includes(name)) ?? simulation.keptBack;
  const counted = (key: string, list: unknown[] | null) =>
    typeof sample.expected[key] === 'number' ? (list?.length ?? null) : list;
  return {
    upgrades: inst?.filter((item) => item.from !== null).length ?? null,
    newPackages: inst?.filter((item) => item.from === null).length ?? null,
    instTotal: inst?.length ?? null,
    removals: counted('removals', simulation.removals),
    keptBack: counted('keptBack', kept),
    securityDirect: direct?.length ?? null,
    securityDirectNames: names(direct),
    securityTrue: truth?.length ?? null,
    securityHiddenByLaterNonSecurityVersion: truth?.filter((item) => !item.security).map((item) => item.name) ?? null,
    normal: inst?.filter((item) => !item.security).map((item) => item.name) ?? null,
    packages,
    firstPackages: packages,
    esmAdvert: simulation.esmAdvert,
    // What Ubuntu's own apt-check counts on the same machine.
    aptCheck: { upgrades: inst?.length ?? null, security: truth?.length ?? null },
    status: inst === null ? 'unknown' : 'ok',
    error: textOf(simulation.reasons),
    reason: textOf(simulation.reasons),
  };
};

/** What the tool itself said. */
const textOf = (reasons: readonly Reason[]) => reasons.find(({ code }) => code === 'said')?.params?.text ?? null;

const dnfCheckUpdate: Mapping = (sample) => {
  // dnf's answer alone cannot tell "none" from "dead repository"; what the sample says of the metadata is the second
  // witness, which the product reads from the disk.
  const missing = /metadata is missing|too old/.test(String(sample.expected.why ?? ''));
  const answer = parseCheckUpdate(sample.text('stdout'), sample.exitCode, sample.text('stderr'), missing ? null : 3600);
  return {
    updates: answer.updates?.length ?? null,
    packages: answer.updates,
    obsoletes: answer.obsoletes,
    status: answer.updates === null ? 'unknown' : 'ok',
    error: textOf(answer.reasons),
    why: answer.updates === null ? sample.expected.why : null,
    metadataAgeSeconds: null,
  };
};

const advisories = (list: Advisory[] | null) => {
  const security = list?.filter((item) => item.type === 'security') ?? null;
  const times = security?.map((item) => item.issued).filter((time) => time !== null) ?? [];
  return {
    advisories: list,
    security: security?.length ?? null,
    packages: new Set(list?.map((item) => item.package)).size,
    distinct: new Set(list?.map((item) => item.id)).size,
    oldestSecurityIssued: times.length > 0 ? Math.min(...times) : null,
  };
};

const zypperXml: Mapping = (sample) => {
  const patches = parseZypperPatches(sample.text('stdout'));
  const needed = patches?.filter((patch) => patch.status === 'needed') ?? null;
  const security = needed?.filter((patch) => patch.category === 'security') ?? null;
  const bySeverity: Record<string, number> = {};
  for (const patch of needed ?? []) {
    const word = patch.severity ?? 'none';
    bySeverity[word] = (bySeverity[word] ?? 0) + 1;
  }
  return {
    needed: needed?.length ?? null,
    optional: patches?.filter((patch) => patch.status === 'optional').length ?? null,
    security: security?.length ?? null,
    bySeverity,
    rebootSuggestedBy: needed?.filter((patch) => patch.restart).map((patch) => patch.name) ?? null,
    cves: [...new Set(patches?.flatMap((patch) => patch.cves))],
    oldestSecurityIssued: Math.min(...(security ?? []).map((patch) => patch.issued ?? Number.POSITIVE_INFINITY)),
    names: patches?.map((patch) => patch.name) ?? null,
  };
};

const softwareUpdateList: Mapping = (sample) => {
  const host = /on macOS (\d+(\.\d+)*)|Host is (\d+(\.\d+)*)/.exec(`${sample.source} ${sample.notes}`);
  const text = `${sample.text('stdout')}\n${sample.text('stderr')}`;
  const updates = parseSoftwareUpdates(text, host?.[1] ?? host?.[3] ?? null);
  return {
    updates,
    pending: updates?.length ?? null,
    pendingWithoutMajorUpgrade: updates?.filter((update) => !update.majorUpgrade).length ?? null,
    restart: updates?.some((update) => update.restart) ?? null,
    status: updates === null ? 'unknown' : 'ok',
  };
};

const mappings: Record<string, Mapping> = {
  'apt-simulate': aptSimulate,
  'apt-inrelease': (sample) => ({ ...parseRelease(sample.text('file')) }),
  'apt-history': (sample) => {
    const entries = parseAptHistory(sample.text('file'));
    const real = realTransactions(entries);
    return {
      entries: entries.length,
      realTransactions: real.map((entry) => entry.command),
      lastRealTransactionEnd: `${real.at(-1)?.end} (local time, no zone)`,
    };
  },
  'unattended-upgrades-log': (sample) => {
    const run = parseUnattendedLog(sample.text('file'));
    return { ...run, countsAsRealRun: run !== null && !run.dryRun };
  },
  'ubuntu-pro': (sample) => ({ ...parseProStatus(sample.text('stdout')) }),
  'dnf-check-update': dnfCheckUpdate,
  'dnf5-check-upgrade-json': (sample) => {
    const answer = parseCheckUpgradeJson(sample.text('stdout'), sample.exitCode, 3600);
    return { updates: answer.updates?.length ?? null, packages: answer.updates };
  },
  'dnf-updateinfo': (sample) => advisories(parseAdvisories(sample.text('stdout'))),
  'dnf5-advisory-json': (sample) => advisories(parseAdvisoriesJson(sample.text('stdout'))),
  'zypper-xml-lp': zypperXml,
  'zypper-patch-check': (sample) => ({ ...parsePatchCheck(sample.text('stdout'), sample.exitCode) }),
  'zypper-lu': (sample) => {
    const packages = parseZypperUpdates(sample.text('stdout'));
    return { updates: packages?.length ?? null, packages, firstPackages: packages, first: packages?.[0] };
  },
  'pacman-qu': (sample) => {
    const packages = parsePacmanUpdates(sample.text('stdout'), sample.exitCode, sample.text('stderr'));
    return { updates: packages?.length ?? null, packages, ignored: packages?.filter((item) => item.ignored).length };
  },
  'apk-upgradable': (sample) => {
    const packages = parseApkUpdates(sample.text('stdout'), sample.exitCode, sample.text('stderr'));
    return { updates: packages?.length ?? null, packages };
  },
  'win-hotfix': (sample) => ({ kbs: parseHotfixes(sample.text('stdout')) }),
  'win-update-history': (sample) => {
    const history = parseUpdateHistory(sample.text('stdout'));
    return { installedKbs: history.installed, uninstalledKbs: history.uninstalled, failedKbs: history.failed };
  },
  'windows-updates-section': (sample) => {
    const section = parseUpdatesSection(sample.text('stdout'));
    return { ...section, status: section.important === null ? 'unknown' : 'ok' };
  },
  'winget-upgrade': (sample) => {
    const answer = parseWingetUpgrades(sample.text('stdout'), sample.exitCode);
    return {
      count: answer.updates?.length ?? null,
      updates: answer.updates,
      samples: answer.updates,
      undetermined: answer.undetermined,
    };
  },
  'softwareupdate-list': softwareUpdateList,
  'softwareupdate-plist': (sample) => {
    const state = parseSoftwareUpdatePlist(sample.text('stdout') || sample.text('file'));
    return { ...state, updates: state?.updates.map((item) => [item.name, item.version].filter(Boolean).join(' ')) };
  },
};

for (const [kind, mapping] of Object.entries(mappings))
  test(kind, () => {
    assert.equal(checkKind(kind, mapping), []);
  });

test.run();
