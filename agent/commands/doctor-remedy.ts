/**
 * What an admin does about the result of a check. Each rule grants the least that is enough: a service that reads one
 * thing more, before "run it all as root". Pure.
 */
import { type Reason, reasonsInLog } from '../../shared/reason.ts';

/** Debian's and Fedora's names of the packages that hold a program, where they differ from it. */
const packages: Readonly<Record<string, string>> = {
  smartctl: 'smartmontools',
  borg: 'borgbackup',
  nft: 'nftables',
  zpool: 'zfsutils-linux (zfs on Fedora)',
  checkupdates: 'pacman-contrib',
  chronyc: 'chrony',
  fwupdmgr: 'fwupd',
  journalctl: 'systemd',
};

interface RemedyRule {
  /** Of a reason as logs write it: the code, and its values in brackets. */
  says: RegExp;
  advice(match: RegExpExecArray): string;
}

const rules: readonly RemedyRule[] = [
  {
    says: /^not_installed \(program: (?:\S*\/)?([\w.-]+)\)/,
    advice: ([, tool = '']) => `install ${packages[tool] ?? tool} if you want this watched`,
  },
  {
    says: /^journal_no_rights/,
    advice: () =>
      'in the unit of the agent: SupplementaryGroups=systemd-journal; without a unit: usermod -aG systemd-journal USER, then start the agent again',
  },
  {
    says: /^journal_empty/,
    advice: () =>
      'see that journald runs and keeps a log: systemctl status systemd-journald, Storage= in /etc/systemd/journald.conf',
  },
  {
    says: /^journal_unreadable/,
    advice: () => 'run journalctl --verify; a damaged file can be moved away after journalctl --rotate',
  },
  {
    says: /^unit_unknown/,
    advice: () => 'compare the name under `logs` in checks.yaml with systemctl list-units --all',
  },
  {
    says: /^no_event_log/,
    advice: () => 'compare the name of the log in checks.yaml with wevtutil el',
  },
  {
    says: /^event_log_no_rights/,
    advice: () => "add the agent's user to the group Event Log Readers, then start the agent again",
  },
  {
    says: /^log_(skipped|behind|entries_long)/,
    advice: () =>
      'narrow this entry of checks.yaml: by unit, identifier, priority or message id, which journald filters itself',
  },
  {
    says: /^wrong_password/,
    advice: () =>
      'write the present password into the passwordFile (reader) or the environment (run-backup) of this job',
  },
  {
    says: /^locked|lockfile/i,
    advice: () =>
      'wait for the run that holds the lock; if none runs any more: restic unlock, borg break-lock, or remove the lock file',
  },
  {
    says: /^repository_missing/,
    advice: () => 'compare the address in checks.yaml with that of the backup job; is the disk or the server there?',
  },
  {
    says: /^apt_no_lists/,
    advice: () =>
      'run apt-get update as root and read its errors; take a source that is gone out of /etc/apt/sources.list.d',
  },
  {
    says: /^no_package_source/,
    advice: () => 'name the sources of the distribution in /etc/apt/sources.list or /etc/apt/sources.list.d',
  },
  {
    says: /^(lists_old|lists_age_unknown|metadata_old)/,
    advice: () =>
      'refresh the lists (apt-get update, dnf makecache, zypper refresh), and see that their timer runs: systemctl list-timers',
  },
  {
    says: /smartctl.*(permission|denied|root)|(permission|denied|root).*smartctl|open device: \S+ failed: Permission/i,
    advice: () =>
      'in the unit of the agent: SupplementaryGroups=disk and AmbientCapabilities=CAP_SYS_RAWIO CAP_SYS_ADMIN; or run it as root',
  },
  {
    says: /^firewall_rules_out_of_reach|\bnft\b|nftables.*(permission|root)|Operation not permitted.*(table|ruleset)/i,
    advice: () => 'in the unit of the agent: AmbientCapabilities=CAP_NET_ADMIN; or run it as root',
  },
  {
    says: /^not_readable \(path: (\/[^,]+), error: (?:EACCES|EPERM)\)|EACCES[^']*'(\/[^\s:']+)/,
    advice: ([, path, file = path]) =>
      `let the agent's user read it: setfacl -m u:USER:r ${file} (and x on the folders above)`,
  },
  {
    says: /permission|not_startable|EACCES|EPERM|denied|needs_root|root\b|administrator/i,
    advice: () => 'run the agent as root (or administrator), or add its user to the group that owns what it reads',
  },
];

/** @returns null when nothing is to be done, or no remedy is known */
export function remedyFor(reasons: readonly Reason[]): string | null {
  for (const one of reasons)
    for (const { says, advice } of rules) {
      const match = says.exec(reasonsInLog([one]));
      if (match) return advice(match);
    }
  return null;
}
