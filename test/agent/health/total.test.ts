/** Parsers about health are total, and damage to bad news never turns it into "all is well". */
import { test } from 'uvu';
import { parseJsonAnswer } from '../../../agent/checks/custom/json.ts';
import { parsePlugin } from '../../../agent/checks/custom/nagios.ts';
import { judgeAntivirus, parseClamHeader, parseDefender } from '../../../agent/checks/health/antivirus.ts';
import { judgeBattery, parseIoregBattery } from '../../../agent/checks/health/battery.ts';
import { judgeBtrfs, parseDeviceStats, parseErrorStats, parseMissing } from '../../../agent/checks/health/btrfs.ts';
import { judgeCertificates, parseCertificates } from '../../../agent/checks/health/certificates.ts';
import {
  localMounts,
  parseBitLockerWmi,
  parseFdesetup,
  parseManageBde,
} from '../../../agent/checks/health/encryption.ts';
import { parseMacFirewall, parseNftRuleset, parseUfwConf } from '../../../agent/checks/health/firewall.ts';
import { judgeMd, parseMdadmDetail, parseMdstat } from '../../../agent/checks/health/md.ts';
import { judgeUnits, parseCrashed, parseLaunchctl, parseUnits } from '../../../agent/checks/health/services.ts';
import { judgeSmart, parseSmart, parseSmartScan } from '../../../agent/checks/health/smart.ts';
import { parseQuser, parseSystemdSession, parseWho } from '../../../agent/checks/health/users.ts';
import { judgePhysicalDisk, parsePhysicalDisks } from '../../../agent/checks/health/windows.ts';
import { judgePool, parseZpoolList, parseZpoolStatus, scrubEnd } from '../../../agent/checks/health/zfs.ts';
import { lifeOf, parseOsRelease } from '../../../agent/checks/os/end-of-life.ts';
import {
  compareKernels,
  parseNeedrestart,
  parseNeedsRestarting,
  parseRpmLastKernel,
} from '../../../agent/checks/os/reboot-text.ts';
import { parseChronyTracking, parseSntp, parseTimedatectl, parseW32tm } from '../../../agent/checks/os/time-sync.ts';
import { parseUtmp } from '../../../agent/checks/os/utmp.ts';
import { looseJson, objectsOf } from '../../../agent/checks/parse.ts';
import { parsePlist } from '../../../agent/checks/plist.ts';
import { parseRecords } from '../../../agent/checks/records.ts';
import {
  fromApk,
  fromPacman,
  fromRpm,
  fromSystemProfiler,
  parseLastUsed,
} from '../../../agent/checks/software/lists.ts';
import { type Reader, tryToFool } from '../../support/damage.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
/** One broken part among the answer: read as "ok" only if what is broken has gone from the text. */
const readers: Reader[] = [
  {
    name: 'smart, failing',
    sample:
      '{"smartctl":{"exit_status":8},"device":{"name":"/dev/sda","protocol":"ATA"},"smart_status":{"passed":false}}',
    claimsNothing: (text) => {
      const disk = parseSmart(text);
      return disk !== null && judgeSmart(disk).status === 'ok';
    },
  },
  {
    name: 'md, degraded',
    sample:
      'Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0](F)\n      5909504 blocks super 1.2 [2/1] [_U]\n\nunused devices: <none>\n',
    claimsNothing: (text) =>
      (parseMdstat(text) ?? []).some((array) => judgeMd(array).status === 'ok') &&
      text.includes('[2/1] [_U]') &&
      text.includes('blocks') &&
      /^md0 :/m.test(text),
  },
  {
    name: 'zfs, unavailable',
    sample:
      '  pool: tank\n state: UNAVAIL\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n\ttank        UNAVAIL      0     0     0\n\t  c1t1d0    UNAVAIL      4     1     0  cannot open\n\nerrors: No known data errors\n',
    claimsNothing: (text) => (parseZpoolStatus(text) ?? []).some((pool) => judgePool(pool).status === 'ok'),
  },
  {
    name: 'btrfs, lost counts',
    sample: 'write_errs 2\nread_errs 1\nflush_errs 1\ncorruption_errs 7\ngeneration_errs 3\n',
    claimsNothing: (text) => {
      const errors = parseErrorStats(text);
      return judgeBtrfs(errors, false).status === 'ok' && Object.values(errors).some((count) => count !== 0);
    },
  },
  {
    name: 'needrestart, new kernel',
    sample: 'NEEDRESTART-VER: 3.6\nNEEDRESTART-KCUR: 6.1.0-9\nNEEDRESTART-KEXP: 6.1.0-13\nNEEDRESTART-KSTA: 3\n',
    claimsNothing: (text) => parseNeedrestart(text).rebootRequired === false && !/KSTA:\s*1\s*$/m.test(text),
  },
  {
    name: 'needs-restarting, code 1',
    sample:
      'Core libraries or services have been updated since boot-up:\n  * glibc\n\nReboot is required to fully utilize these updates.\n',
    claimsNothing: (text) => {
      const answer = parseNeedsRestarting(text, 1);
      return answer.known && !answer.rebootRequired;
    },
  },
  {
    name: 'FileVault off',
    sample: 'FileVault is Off.\n',
    claimsNothing: (text) => parseFdesetup(text).enabled === true,
  },
  {
    name: 'BitLocker suspended',
    sample: 'ConversionStatus=1\nDriveLetter=C:\nEncryptionMethod=4\nProtectionStatus=0\n',
    claimsNothing: (text) =>
      parseBitLockerWmi(text).some((volume) => volume.protectionOn === true) &&
      !/ProtectionStatus\s*[=:]\s?0*1/.test(text),
  },
  {
    name: 'manage-bde off',
    sample:
      'Volume C: [OS]\n[OS Volume]\n\n    Size:                 475.34 GB\n    BitLocker Version:    None\n    Conversion Status:    Fully Decrypted\n    Percentage Encrypted: 0.0%\n    Encryption Method:    None\n    Protection Status:    Protection Off\n    Lock Status:          Unlocked\n',
    claimsNothing: (text) =>
      parseManageBde(text).some((volume) => volume.protectionOn === true) &&
      /Protection Off/.test(text) &&
      /0\.0%/.test(text) &&
      !/\bon\b/i.test(text),
  },
  { name: 'ufw off', sample: 'ENABLED=no\nLOGLEVEL=low\n', claimsNothing: (text) => parseUfwConf(text).on === true },
  {
    name: 'nft, all open',
    sample:
      '{"nftables":[{"metainfo":{}},{"chain":{"family":"inet","table":"filter","name":"input","hook":"input","policy":"accept"}}]}',
    claimsNothing: (text) => parseNftRuleset(text).on === true,
  },
  {
    name: 'mac firewall off',
    sample: 'Firewall is disabled. (State = 0)\n',
    claimsNothing: (text) => parseMacFirewall(text).on === true && !/State = [1-9]/.test(text),
  },
  {
    name: 'Windows disk unhealthy',
    sample: 'FriendlyName=Disk\nHealthStatus=2\nSize=512\n',
    claimsNothing: (text) =>
      parsePhysicalDisks(text).some((disk) => judgePhysicalDisk(disk).status === 'ok') &&
      !/HealthStatus\s*[=:]\s?0/.test(text),
  },
  {
    name: 'Defender off',
    sample: '[{"AntivirusEnabled":false,"RealTimeProtectionEnabled":false,"AntivirusSignatureAge":1}]',
    claimsNothing: (text) =>
      objectsOf(looseJson(text)).some((record) => judgeAntivirus(parseDefender(record)).status === 'ok'),
  },
  {
    name: 'chrony, not synchronised',
    sample: '7F7F0101,,10,1795348875.1,0.000000000,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,Not synchronised\n',
    claimsNothing: (text) => parseChronyTracking(text).synced === true && text.includes(',Not synchronised'),
  },
  {
    name: 'timedatectl no',
    sample: 'NTP=yes\nNTPSynchronized=no\n',
    claimsNothing: (text) => parseTimedatectl(text).synced === true,
  },
  {
    name: 'plugin critical',
    sample: 'DISK CRITICAL | /=5;1;2\nmore | a=1\n',
    claimsNothing: (text) => parsePlugin(text, '', 2).status === 0,
  },
  {
    name: 'json critical',
    sample: '{"status":"critical","message":"m","metrics":{"a":{"value":3,"warn":"2"}}}',
    claimsNothing: (text) => parseJsonAnswer(text, '', 2).status === 0,
  },
  {
    name: 'certificate, expired',
    sample: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    claimsNothing: (text) => judgeCertificates(parseCertificates(text), now).status === 'ok',
  },
  {
    name: 'end of life',
    sample: 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=41\nSUPPORT_END=2025-12-15\n',
    claimsNothing: (text) =>
      lifeOf(text, null, null, now).state === 'supported' && /SUPPORT_END=2025-12-15$/m.test(text),
  },
];

/** Readers that judge nothing by themselves: they must not throw. */
const alsoReads = (text: string) => {
  parseClamHeader(text);
  parseIoregBattery(text);
  parseDeviceStats(text);
  parseMissing(text);
  parseMdadmDetail(text);
  judgeUnits(parseUnits(text));
  parseCrashed(text);
  parseLaunchctl(text);
  parseSmartScan(text);
  parseQuser(text);
  parseWho(text);
  parseSystemdSession(text);
  parseZpoolList(text);
  scrubEnd(text);
  parsePlist(text);
  parsePlist(`<plist version="1.0">${text}</plist>`);
  parseRecords(text);
  parseOsRelease(text);
  parseRpmLastKernel(text, text);
  compareKernels(text, text.split('\n'));
  parseW32tm(text);
  parseSntp(text);
  parseUtmp(new TextEncoder().encode(text));
  localMounts(text);
  fromRpm(text);
  fromApk(text);
  fromPacman(text);
  fromSystemProfiler(text);
  parseLastUsed(text);
  judgeBattery({ name: '', healthPercent: Number(text), chargePercent: null, cycles: null, state: null });
};

for (const reader of readers)
  test(`${reader.name}: damage is never "all is well"`, () => {
    const claimsNothing = (text: string) => {
      alsoReads(text);
      return reader.claimsNothing(text);
    };
    tryToFool({ ...reader, claimsNothing }, 400);
  });

test.run();
