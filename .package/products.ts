/** What is packed: the agent as one file, the collector as a folder, and what a system runs around each. */

export type System = 'linux' | 'win' | 'macos';

/** A file of the product's own for Linux: where it lies in the tree, and in a system. */
interface SystemFile {
  /** In `assets`. */
  file: string;
  place: string;
  mode?: number;
  /** A person changes it: an upgrade leaves it as it is. */
  isSettings?: boolean;
}

export interface PackedProduct {
  name: string;
  /** Its folder in the source tree with what belongs to a package. */
  assets: string;
  summary: string;
  about: string;
  systems: readonly System[];
  linux: readonly SystemFile[];
  /** In `assets`: what an archive brings so that the program can update itself. */
  updates?: readonly string[];
  /** Where the program lies in an archive without a package manager. */
  archived: string;
}

const unit = (file: string): SystemFile => ({ file: `linux/${file}`, place: `usr/lib/systemd/system/${file}` });

export const products: readonly PackedProduct[] = [
  {
    name: 'evenkeel-agent',
    assets: 'agent/package',
    summary: 'measures this machine and reports to its Evenkeel collector',
    about: 'CPU, memory, disks, backups and patch level, over MQTT. It only reads.',
    systems: ['linux', 'win', 'macos'],
    linux: [
      unit('evenkeel-agent.service'),
      unit('evenkeel-agent.path'),
      unit('evenkeel-identity.service'),
      { file: 'linux/evenkeel-sleep', place: 'usr/lib/systemd/system-sleep/evenkeel-agent', mode: 0o755 },
      { file: 'linux/evenkeel-report', place: 'usr/bin/evenkeel-report', mode: 0o755 },
      { file: 'linux/evenkeel-report.desktop', place: 'usr/share/applications/evenkeel-report.desktop' },
    ],
    updates: ['guard', 'guard.conf', 'evenkeel-update.service', 'evenkeel-update.path'].map((name) => `linux/${name}`),
    archived: '',
  },
  {
    name: 'evenkeel-collector',
    assets: 'collector/package',
    summary: 'stores what Evenkeel agents report, notifies people, shows stability',
    about: 'Time series, alerts, tickets and a web app. It listens on this machine only until its settings say more.',
    systems: ['linux'],
    linux: [
      unit('evenkeel-collector.service'),
      { file: 'linux/evenkeel.yaml', place: 'etc/evenkeel/evenkeel.yaml', mode: 0o640, isSettings: true },
    ],
    archived: 'program/',
  },
];
