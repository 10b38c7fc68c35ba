/** Everything about a Windows machine's health that needs PowerShell, asked in one process per hour. */
import { ReasonedError, reason } from '../../../shared/reason.ts';
import { diskLabel, serialOf } from '../../platform/disks.ts';
import { namedHere } from '../../remote.ts';
import type { CheckContext } from '../check.ts';
import { boolOf, type Loose, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';
import { powershell } from '../powershell.ts';
import { numbersOf, parseRecords } from '../records.ts';
import { antivirusReading, parseDefender } from './antivirus.ts';
import { batteryReading, windowsBattery } from './battery.ts';
import {
  type BitLockerVolume,
  conversionReason,
  encryptionReading,
  parseBitLockerWmi,
  parseManageBde,
  protectionOfProperty,
} from './encryption.ts';
import { firewallReading, judgeWindowsFirewall } from './firewall.ts';
import { allBlind, type DeviceVerdict, follow, knownOf, type Sighting } from './follow.ts';
import { withNamed } from './named-services.ts';
import { judgeWindowsServices, serviceReading, troubled, windowsState } from './services.ts';
import { type HealthReading, type HealthSource, hour } from './source.ts';

export interface PhysicalDisk {
  name: string;
  /** Serial number, else the identifier that Windows keeps; null when it gives neither. */
  identity: string | null;
  sizeBytes: number | null;
  busType: number | null;
  bus: string | null;
  mediaType: number | null;
  media: string | null;
  health: number | null;
  healthy: boolean | null;
  operationalStatus: number[];
  wear: number | null;
  temperature: number | null;
}

const buses: Record<number, string> = {
  1: 'SCSI',
  2: 'ATAPI',
  3: 'ATA',
  4: 'IEEE 1394',
  5: 'SSA',
  6: 'Fibre Channel',
  7: 'USB',
  8: 'RAID',
  9: 'iSCSI',
  10: 'SAS',
  11: 'SATA',
  12: 'SD',
  13: 'MMC',
  15: 'File Backed Virtual',
  16: 'Storage Spaces',
  17: 'NVMe',
};
const media: Record<number, string> = { 3: 'HDD', 4: 'SSD', 5: 'SCM' };
/** Get-PhysicalDisk prints words where the class has numbers. */
const healthWords: Record<string, number> = { healthy: 0, warning: 1, unhealthy: 2 };
const numberFor = (value: unknown, table: Readonly<Record<number, string>>) =>
  numberOf(value) ?? numberOf(Object.entries(table).find(([, word]) => word === textOf(value))?.[0]);

/** Counted on past 100 by some disks, up to a byte's 255, which also stands for "unknown". */
const wearOf = (percent: number | null) =>
  percent === null || percent < 0 || percent >= 255 ? null : Math.min(100, percent);

/** MSFT_PhysicalDisk, as JSON or as a list. HealthStatus 0 healthy, 1 warning, 2 unhealthy, 5 unknown. */
export function parsePhysicalDisks(text: string): PhysicalDisk[] {
  return parseRecords(text).flatMap((record) => {
    const name = textOf(record.FriendlyName) ?? textOf(record.Model);
    if (name === null) return [];
    const health =
      numberOf(record.HealthStatus) ?? healthWords[textOf(record.HealthStatus)?.toLowerCase() ?? ''] ?? null;
    const busType = numberFor(record.BusType, buses);
    const mediaType = numberFor(record.MediaType, media);
    return [
      {
        name,
        identity: serialOf(textOf(record.SerialNumber)) ?? serialOf(textOf(record.UniqueId)),
        sizeBytes: numberOf(record.Size),
        busType,
        bus: busType === null ? null : (buses[busType] ?? null),
        mediaType,
        media: mediaType === null ? null : (media[mediaType] ?? null),
        health,
        healthy: health === null || health === 5 ? null : health === 0,
        operationalStatus: numbersOf(record.OperationalStatus),
        wear: wearOf(numberOf(record.Wear)),
        temperature: numberOf(record.Temperature) || null,
      },
    ];
  });
}

export function judgePhysicalDisk(disk: PhysicalDisk): DeviceVerdict {
  if (disk.health === 2) return { status: 'critical', reasons: [reason('windows_disk_unhealthy')] };
  const worn = [reason('disk_worn', { worn_percent: disk.wear })];
  if (disk.wear !== null && disk.wear >= 100) return { status: 'critical', reasons: worn };
  if (disk.health === 1) return { status: 'warning', reasons: [reason('windows_disk_warning')] };
  if (disk.wear !== null && disk.wear >= 90) return { status: 'warning', reasons: worn };
  return disk.health === 0
    ? { status: 'ok', reasons: [reason('disk_healthy')] }
    : { status: 'unknown', reasons: [reason('disk_health_not_told')] };
}

/** Each question on its own: one that is refused must not take the others with it. */
const script = `
function ask($f){try{,@(& $f)}catch{$null}}
[ordered]@{
disks=(ask {Get-CimInstance -Namespace root/Microsoft/Windows/Storage MSFT_PhysicalDisk|%{$d=$_;$c=try{$d|Get-CimAssociatedInstance -ResultClassName MSFT_StorageReliabilityCounter}catch{$null};[ordered]@{FriendlyName=$d.FriendlyName;SerialNumber=$d.SerialNumber;UniqueId=$d.UniqueId;Size=$d.Size;BusType=$d.BusType;MediaType=$d.MediaType;HealthStatus=$d.HealthStatus;OperationalStatus=@($d.OperationalStatus);Wear=$c.Wear;Temperature=$c.Temperature}}})
volumes=(ask {Get-CimInstance -Namespace root/cimv2/Security/MicrosoftVolumeEncryption Win32_EncryptableVolume|select DriveLetter,ProtectionStatus,ConversionStatus,EncryptionMethod})
protection=(ask {$s=New-Object -ComObject Shell.Application;Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3'|%{[ordered]@{Drive=$_.DeviceID;Value=$s.NameSpace($_.DeviceID).Self.ExtendedProperty('System.Volume.BitLockerProtection')}}})
defender=(ask {Get-MpComputerStatus|select AntivirusEnabled,RealTimeProtectionEnabled,AntivirusSignatureAge})
firewall=(ask {$u=@(Get-NetConnectionProfile -ErrorAction SilentlyContinue|%{@('Public','Private','Domain')[[int]$_.NetworkCategory]});Get-NetFirewallProfile -PolicyStore ActiveStore|%{[ordered]@{Name=$_.Name;Enabled=[int]$_.Enabled;DefaultInboundAction=[int]$_.DefaultInboundAction;Active=($u -contains $_.Name)}}})
services=(ask {$t=@(Get-ChildItem HKLM:\\SYSTEM\\CurrentControlSet\\Services -ErrorAction SilentlyContinue|?{Test-Path (Join-Path $_.PSPath 'TriggerInfo')}|%{$_.PSChildName});Get-CimInstance Win32_Service -Filter "StartMode='Auto'"|%{[ordered]@{Name=$_.Name;State=$_.State;ExitCode=$_.ExitCode;Triggered=($t -contains $_.Name)}}})
batteries=(ask {$f=@(Get-CimInstance -Namespace root/wmi BatteryFullChargedCapacity);$s=@(Get-CimInstance -Namespace root/wmi BatteryStaticData);$b=@(Get-CimInstance Win32_Battery);for($i=0;$i -lt $f.Count;$i++){[ordered]@{DeviceName=$s[$i].DeviceName;FullChargedCapacity=$f[$i].FullChargedCapacity;DesignedCapacity=$s[$i].DesignedCapacity;EstimatedChargeRemaining=$b[$i].EstimatedChargeRemaining}}})
}|ConvertTo-Json -Depth 5 -Compress
`;

export const windows: HealthSource = {
  name: 'windows',
  heavy: true,
  every: hour,
  reads:
    'one PowerShell batch: disks, services, firewall, Defender, battery without rights; BitLocker and disk wear as administrator',
  platforms: ['win32'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const { value, reasons } = await powershell(context, script, 120_000);
  if (value === null) throw new ReasonedError(...reasons);
  const answer = objectOf(value);
  const parts = [disksOf(context, answer), encryptionReading(await volumesOf(context, answer), now)];
  const defender = objectsOf(answer.defender)[0];
  if (defender) parts.push(antivirusReading(parseDefender(defender), now));
  if (answer.firewall) parts.push(firewallReading(judgeWindowsFirewall(objectsOf(answer.firewall)), now));
  const services = objectsOf(answer.services);
  if (services.length > 0)
    parts.push(
      serviceReading(
        withNamed(judgeWindowsServices(services), namedHere(context.data).services ?? [], windowsState(services)),
        ...([services.length, now, troubled(context, 'windows')] as const),
      ),
    );
  parts.push(batteryReading(objectsOf(answer.batteries).map(windowsBattery), now));
  return { items: parts.flatMap((part) => part.items), metrics: parts.flatMap((part) => part.metrics) };
}

const followed = 'windows.disks';
/** FireWire, USB, iSCSI, SD, MMC, virtual, a file: what goes away from there went in the course of things. */
const hotplug = new Set([4, 7, 9, 12, 13, 14, 15]);

/** Letters and numbers of disks change on Windows too, and two disks of one model have one name. */
function disksOf(context: CheckContext, answer: Loose): HealthReading {
  // Refused or failed: this does not mean that a disk is gone.
  if (answer.disks == null) return allBlind(context, followed, reason('windows_lists_no_disks'));
  const disks = parsePhysicalDisks(JSON.stringify(answer.disks));
  const known = knownOf(context, followed);
  const ids = disks.map(({ identity, name }) => identity ?? name);
  const sightings = disks.map((disk, index): Sighting => {
    const twin = ids.indexOf(ids[index] as string) !== index;
    const id = twin ? `${ids[index]} ${index}` : (ids[index] as string);
    const name = disk.identity === null && !twin ? disk.name : diskLabel(disk.name, id);
    return {
      ...judgePhysicalDisk(disk),
      id,
      name,
      kind: 'smart',
      details: { model: disk.name, serial: disk.identity, bus: disk.bus, media: disk.media, bytes: disk.sizeBytes },
      measurement: 'smart',
      tags: { name },
      fields: { wear_percent: disk.wear, temperature: disk.temperature },
      evidence: { hotplug: disk.busType !== null && hotplug.has(disk.busType) },
    };
  });
  const newcomers = sightings.filter(({ id, evidence }) => !evidence?.hotplug && !known.some((one) => one.id === id));
  return follow(context, followed, sightings, ({ evidence }) =>
    evidence.hotplug === true || newcomers.pop() ? null : { status: 'warning', reasons: [reason('disk_gone')] },
  );
}

/** As administrator WMI answers; else the shell's property does; manage-bde is the last resort, for its text is translated. */
async function volumesOf(context: CheckContext, answer: Loose) {
  const byWmi = answer.volumes ? parseBitLockerWmi(JSON.stringify(answer.volumes)) : [];
  if (byWmi.length > 0) return byWmi.map(rowOf);
  const byShell = objectsOf(answer.protection).map((record) => ({
    drive: textOf(record.Drive),
    ...protectionOfProperty(numberOf(record.Value)),
  }));
  if (byShell.some((row) => row.encrypted !== null))
    return byShell.map(({ drive, encrypted, why }) => ({ path: drive ?? '?', encrypted, why }));
  const text = await context.run('manage-bde.exe', ['-status'], { timeoutMs: 30_000 });
  const volumes = parseManageBde(text.stdout);
  for (const volume of volumes.filter(({ locked }) => locked !== true)) {
    // The one answer of this program that no language changes: 0 protected, 1 not.
    const args = ['-status', volume.drive ?? '', '-protectionaserrorlevel'];
    const { code } = await context.run('manage-bde.exe', args, { timeoutMs: 30_000 });
    volume.protectionOn = code === 0 ? true : code === 1 ? false : null;
  }
  return volumes.map(rowOf);
}

function rowOf(volume: BitLockerVolume) {
  return { path: volume.drive ?? '?', encrypted: boolOf(volume.protectionOn), why: conversionReason(volume) };
}
