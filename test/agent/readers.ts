/**
 * Every parser of disks, arrays, memory, CPU, load and mounts with a real sample. A new parser is tested by its line
 * here: it is total (parsers.test.ts), linear, and does not make a zero or an "ok" of an output that was cut off.
 */
import { parseProcStat } from '../../agent/checks/cpu.ts';
import { parseDiskStats } from '../../agent/checks/diskio.ts';
import { filledIn } from '../../agent/checks/hardware.ts';
import { judgeBtrfs, parseDeviceStats, parseErrorStats, parseMissing } from '../../agent/checks/health/btrfs.ts';
import { judgeThinPool, parseThinPools } from '../../agent/checks/health/lvm.ts';
import { judgeMd, parseMdadmDetail, parseMdstat } from '../../agent/checks/health/md.ts';
import { judgeSmart, parseSmart, parseSmartScan } from '../../agent/checks/health/smart.ts';
import { judgePhysicalDisk, parsePhysicalDisks } from '../../agent/checks/health/windows.ts';
import { judgePool, parseZfsList, parseZpoolList, parseZpoolStatus, scrubEnd } from '../../agent/checks/health/zfs.ts';
import { parseOsRelease } from '../../agent/checks/host.ts';
import { parseLogInfo } from '../../agent/checks/logs/event-log.ts';
import { parseJournal } from '../../agent/checks/logs/journal.ts';
import { parseArcSpare, parseMemInfo, parseVmCounter } from '../../agent/checks/memory.ts';
import {
  memoryMounts,
  parseAttachedImages,
  parseDf,
  parseFstab,
  parseMountInfo,
  parseMountTable,
  realDisks,
  realMounts,
} from '../../agent/checks/mounts.ts';
import { parseNetDev } from '../../agent/checks/network.ts';
import { looseJson } from '../../agent/checks/parse.ts';
import { parsePressure } from '../../agent/checks/pressure.ts';
import { parseProcessStat } from '../../agent/checks/processes.ts';
import { parseRecords } from '../../agent/checks/records.ts';
import { countCpuList, countUtmp, parseLoadAvg } from '../../agent/checks/system.ts';
import { serialOf } from '../../agent/platform/disks.ts';
import * as macos from '../../agent/platform/macos.ts';
import { parseAuxv } from '../../agent/platform/page-size.ts';
import * as windows from '../../agent/platform/windows.ts';

export interface TextReader {
  name: string;
  sample: string;
  parse(text: string): unknown;
  /** The sample is of something in trouble: whether the text is read as well. */
  isGood?(text: string): boolean;
}

const meminfo =
  'MemTotal:  16201888 kB\nMemFree:  1834660 kB\nMemAvailable:  14221924 kB\nSwapTotal: 4096 kB\nSwapFree: 1024 kB\n';
const mountinfo =
  '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n48 27 7:0 / /a\\040b rw - ext4 /dev/loop0 rw,emergency_ro\n50 27 0:40 / /tmp rw - tmpfs tmpfs rw,size=8m\n';
const df =
  'Filesystem Type 1024-blocks Used Available Capacity Mounted on\n/dev/vda ext4 264212084 29362128 77028784 28% /my disk\n';
const wmi = 'DeviceID=C:\r\nDriveType=3\r\nSize=510462619648\r\nFreeSpace=271162613760\r\n';
const vmStat =
  'Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free: 4430.\nPages inactive: 749576.\n';
const iostat =
  '  KB/t  tps  MB/s  us sy id   1m   5m   15m\n 12.47 58 0.71 6 3 91 1.00 2.00 3.00\n 204.20 81 16.21 9 3 89 1.10 2.10 3.10\n';
const pmset =
  "Now drawing from 'Battery Power'\n -InternalBattery-0\t87%; discharging; 0:52 remaining\nCPU_Speed_Limit = 80\n";
const mdstat =
  'Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0](F)\n      5909504 blocks super 1.2 [2/1] [_U]\n      [=>...]  recovery =  9.1% (1/2) finish=1.0min speed=1K/sec\n\nunused devices: <none>\n';
const mdadm =
  '/dev/md0:\n        Raid Level : raid1\n             State : clean, degraded \n      Raid Devices : 2\n    Active Devices : 1\n    Rebuild Status : 12% complete\n              UUID : 0a1b2c3d:4e5f6071:8293a4b5:c6d7e8f9\n       1       8       17        1      faulty   /dev/sdb1\n';
const zpool =
  '  pool: tank\n state: DEGRADED\nstatus: One or more devices\n\tcould not be used.\n  scan: scrub repaired 0B in 00:10:12 with 0 errors on Sun Nov  8 00:34:14 2026\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n\ttank        DEGRADED     0     0     0\n\t  c1t1d0    UNAVAIL      4     1     0  cannot open\n\nerrors: Permanent errors have been detected in the following files:\n\n/tank/data/a\n';
const smart =
  '{"smartctl":{"exit_status":8},"device":{"name":"/dev/sda","protocol":"ATA"},"serial_number":"WD-1","smart_status":{"passed":false},"ata_smart_attributes":{"table":[{"id":231,"name":"SSD_Life_Left","value":100,"raw":{"value":74}},{"id":197,"name":"Current_Pending_Sector","value":100,"raw":{"value":8}}]}}';
const errorStats = 'write_errs 2\nread_errs 1\nflush_errs 1\ncorruption_errs 7\ngeneration_errs 3\n';
const deviceStats = '[/dev/sdb].write_io_errs    2\n[/dev/sdb].read_io_errs     1\n[/dev/sdb].flush_io_errs    1\n';
const physical = 'FriendlyName : Disk\nSerialNumber : S1\nHealthStatus : 2\nSize : 512\nWear : 7\n';
const arcstats =
  'name type data\nc_min                           4    536870912\nsize                            4    6732361728\n';

export const readers: TextReader[] = [
  {
    name: 'parseProcStat',
    sample:
      'cpu  44671 52181 17538 222518 2351 0 787 185 0 0\ncpu0 19049 18720 8049 123212 785 0 181 89 0 0\nprocs_running 2\nprocs_blocked 1\n',
    parse: parseProcStat,
  },
  { name: 'parseMemInfo', sample: meminfo, parse: parseMemInfo },
  { name: 'parseArcSpare', sample: arcstats, parse: parseArcSpare },
  { name: 'parseVmCounter', sample: 'pswpin 10\noom_kill 4\n', parse: (text) => parseVmCounter(text, 'oom_kill') },
  {
    name: 'parseAuxv',
    sample: '\x06\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0',
    parse: (text) => parseAuxv(Buffer.from(text, 'latin1')),
  },
  {
    name: 'parseMountInfo',
    sample: mountinfo,
    parse: (text) => [...realMounts(parseMountInfo(text)), ...memoryMounts(parseMountInfo(text))],
  },
  { name: 'parseFstab', sample: '# x\n/dev/sda2 / ext4 rw 0 1\nUUID=x /home ext4 ro 0 2\n', parse: parseFstab },
  { name: 'parseDf', sample: df, parse: (text) => realDisks(parseDf(text)) },
  {
    name: 'parseMountTable',
    sample: '/dev/disk4s1 on /Volumes/My disk (hfs, local, read-only)\n',
    parse: parseMountTable,
  },
  {
    name: 'parseAttachedImages',
    sample: 'framework       : 683\nimage-path : /a.dmg\n/dev/disk4\tGUID\t\n/dev/disk4s1\tHFS\t/V\n',
    parse: parseAttachedImages,
  },
  {
    name: 'parseDiskStats',
    sample:
      ' 254 0 vda 235192 35418 12532762 222264 319613 76083 18327856 99406 1 41580 329168 25581 61 2682928 2728 98646 4769\n',
    parse: parseDiskStats,
  },
  { name: 'parseNetDev', sample: ' eth0: 489030131 11315 1 1 0 0 0 0 805032 7431 1 1 0 0 0 0\n', parse: parseNetDev },
  {
    name: 'parsePressure',
    sample: 'some avg10=1.13 avg60=0.47 avg300=2.23 total=100096188\nfull avg10=1.00 avg60=2.00 avg300=3.00 total=55\n',
    parse: parsePressure,
  },
  { name: 'parseLoadAvg', sample: '5.89 5.39 6.54 2/1800 12345\n', parse: parseLoadAvg },
  { name: 'countCpuList', sample: '0-3,8\n', parse: countCpuList },
  {
    name: 'parseProcessStat',
    sample:
      '15180 (a) b) R 15175 15175 8647 0 -1 4194304 101 0 0 0 5 6 0 0 20 0 1 0 146520 3133440 384 18446744073709551615 0 0\n',
    parse: parseProcessStat,
  },
  { name: 'parseOsRelease', sample: 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n', parse: parseOsRelease },
  { name: 'countUtmp', sample: 'x'.repeat(400), parse: (text) => countUtmp(Buffer.from(text)) },
  { name: 'told', sample: 'Default string', parse: filledIn },
  { name: 'serialOf', sample: ' WD-WCC4E1234567 ', parse: serialOf },
  { name: 'looseJson', sample: `warning: x\n${smart}`, parse: looseJson },
  { name: 'parseRecords', sample: physical, parse: parseRecords },
  { name: 'parseVmStat', sample: vmStat, parse: macos.parseVmStat },
  {
    name: 'parseSwapUsage',
    sample: 'vm.swapusage: total = 2048.00M  used = 1124.50M  free = 923.50M  (encrypted)\n',
    parse: macos.parseSwapUsage,
  },
  { name: 'parseIostat', sample: iostat, parse: macos.parseIostat },
  { name: 'parsePower', sample: pmset, parse: macos.parsePower },
  { name: 'parseThermal', sample: pmset, parse: macos.parseThermal },
  {
    name: 'parseSwVers',
    sample: 'ProductName:\t\tmacOS\nProductVersion:\t\t14.1\nBuildVersion:\t\t23B74\n',
    parse: macos.parseSwVers,
  },
  { name: 'parseBlocks', sample: wmi, parse: windows.parseBlocks },
  { name: 'parseLogicalDisks', sample: wmi, parse: windows.parseLogicalDisks },
  {
    name: 'parseSystemInfo',
    sample:
      'OS Name:                   Microsoft Windows 11 Pro\nOS Version:                10.0.22631 N/A Build 22631\nOS Configuration:          Standalone Workstation\n                           [01]: KB5032190\n',
    parse: windows.parseSystemInfo,
  },
  {
    name: 'parseMdstat',
    sample: mdstat,
    parse: parseMdstat,
    isGood: (text) => (parseMdstat(text) ?? []).some((array) => judgeMd(array).status === 'ok'),
  },
  { name: 'parseMdadmDetail', sample: mdadm, parse: parseMdadmDetail },
  {
    name: 'parseZpoolStatus',
    sample: zpool,
    parse: parseZpoolStatus,
    isGood: (text) => (parseZpoolStatus(text) ?? []).some((pool) => judgePool(pool).status === 'ok'),
  },
  {
    name: 'parseThinPools',
    sample:
      '{"report":[{"lv":[{"lv_name":"data","vg_name":"pve","lv_uuid":"u-1","lv_attr":"twi-aotzD-","data_percent":"100.00","metadata_percent":"3.20"}]}]}',
    parse: parseThinPools,
    isGood: (text) => (parseThinPools(text) ?? []).some((pool) => judgeThinPool(pool).status === 'ok'),
  },
  { name: 'parseZpoolList', sample: 'tank\t1000\t900\t100\t90\tONLINE\n', parse: parseZpoolList },
  { name: 'parseZfsList', sample: 'tank\t900\t100\n', parse: parseZfsList },
  {
    name: 'scrubEnd',
    sample: 'scrub repaired 0B in 00:10:12 with 0 errors on Sun Nov  8 00:34:14 2026',
    parse: scrubEnd,
  },
  {
    name: 'parseErrorStats',
    sample: errorStats,
    parse: parseErrorStats,
    isGood: (text) => judgeBtrfs(parseErrorStats(text), false).status === 'ok',
  },
  { name: 'parseMissing', sample: '1\n', parse: parseMissing, isGood: (text) => parseMissing(text) === false },
  {
    name: 'parseDeviceStats',
    sample: deviceStats,
    parse: parseDeviceStats,
    isGood: (text) => parseDeviceStats(text).some((device) => judgeBtrfs(device, false).status === 'ok'),
  },
  {
    name: 'parseSmart',
    sample: smart,
    parse: parseSmart,
    isGood: (text) => {
      const disk = parseSmart(text);
      return disk !== null && judgeSmart(disk).status === 'ok';
    },
  },
  {
    name: 'parseSmartScan',
    sample: '{"smartctl":{},"devices":[{"name":"/dev/sda","type":"sat","protocol":"ATA"}]}',
    parse: parseSmartScan,
  },
  {
    name: 'parsePhysicalDisks',
    sample: physical,
    parse: parsePhysicalDisks,
    isGood: (text) => parsePhysicalDisks(text).some((disk) => judgePhysicalDisk(disk).status === 'ok'),
  },
  {
    name: 'parseJournal',
    sample:
      '{"__CURSOR":"s=3dd0;i=5;b=0123;m=4c4b40;t=66155dbac670c;x=8fb7","__REALTIME_TIMESTAMP":"1795871245887244","MESSAGE":"Failed password for root"}\n',
    parse: parseJournal,
    isGood: (text) => parseJournal(text).entries.length > 0,
  },
  { name: 'parseLogInfo', sample: 'numberOfLogRecords: 9496\r\noldestRecordNumber: 1\r\n', parse: parseLogInfo },
];
