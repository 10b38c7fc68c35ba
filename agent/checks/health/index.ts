/** The health sources: one line each. */
import { antivirus } from './antivirus.ts';
import { battery } from './battery.ts';
import { btrfs } from './btrfs.ts';
import { certificates } from './certificates.ts';
import { crashes } from './crashes.ts';
import { encryption } from './encryption.ts';
import { ext4 } from './ext4.ts';
import { firewall } from './firewall.ts';
import { lvm } from './lvm.ts';
import { md } from './md.ts';
import { services } from './services.ts';
import { smart } from './smart.ts';
import type { HealthSource } from './source.ts';
import { users } from './users.ts';
import { windows } from './windows.ts';
import { zfs } from './zfs.ts';

export const healthSources: readonly HealthSource[] = [
  smart,
  md,
  zfs,
  btrfs,
  lvm,
  ext4,
  services,
  battery,
  encryption,
  firewall,
  antivirus,
  certificates,
  users,
  crashes,
  windows,
];

export const quickSources = healthSources.filter((source) => !source.heavy);
export const slowSources = healthSources.filter((source) => source.heavy);
