/**
 * What an admin does about what a check said. Each rule grants the least that is enough: a service that reads one thing
 * more, before "run it all as root". Pure.
 */

/** Debian's and Fedora's names of the packages that hold a program, where they differ from it. */
const packages: Readonly<Record<string, string>> = {
  smartctl: 'smartmontools',
  borg: 'borgbackup',
  nft: 'nftables',
  zpool: 'zfsutils-linux (zfs on Fedora)',
  checkupdates: 'pacman-contrib',
  chronyc: 'chrony',
  fwupdmgr: 'fwupd',
};

interface Rule {
  says: RegExp;
  advice(match: RegExpExecArray): string;
}

const rules: readonly Rule[] = [
  {
    says: /(?:^|[\s/])([\w.-]+) is not installed/,
    advice: ([, tool = '']) => `install ${packages[tool] ?? tool} if you want this watched`,
  },
  {
    says: /\bwrong-password\b/,
    advice: () =>
      'write the present password into the passwordFile (reader) or the environment (run-backup) of this job',
  },
  {
    says: /\blocked\b|lockfile/i,
    advice: () =>
      'wait for the run that holds the lock; if none runs any more: restic unlock, borg break-lock, or remove the lock file',
  },
  {
    says: /\brepository-missing\b/,
    advice: () => 'compare the address in checks.yaml with that of the backup job; is the disk or the server there?',
  },
  {
    says: /apt holds no lists of/,
    advice: () =>
      'run apt-get update as root and read its errors; take a source that is gone out of /etc/apt/sources.list.d',
  },
  {
    says: /no package source is configured/,
    advice: () => 'name the sources of the distribution in /etc/apt/sources.list or /etc/apt/sources.list.d',
  },
  {
    says: /update lists are \d+ days old|nobody knows when the lists were fetched/,
    advice: () =>
      'refresh the lists (apt-get update, dnf makecache, zypper refresh), and see that their timer runs: systemctl list-timers',
  },
  {
    says: /smartctl.*(permission|denied|root)|(permission|denied|root).*smartctl|open device: \S+ failed: Permission/i,
    advice: () =>
      'in the unit of the agent: SupplementaryGroups=disk and AmbientCapabilities=CAP_SYS_RAWIO CAP_SYS_ADMIN; or run it as root',
  },
  {
    says: /no tool here can list the rules/,
    advice: () => 'install the tool of the firewall that is used here: nftables, ufw or firewalld',
  },
  {
    says: /\bnft\b|nftables.*(permission|root)|Operation not permitted.*(table|ruleset)/i,
    advice: () => 'in the unit of the agent: AmbientCapabilities=CAP_NET_ADMIN; or run it as root',
  },
  {
    says: /(?:cannot read|EACCES[^']*')\s*(\/[^\s:']+)/,
    advice: ([, file]) => `let the agent's user read it: setfacl -m u:USER:r ${file} (and x on the folders above)`,
  },
  {
    says: /permission|may not|EACCES|EPERM|denied|root|administrator/i,
    advice: () => 'run the agent as root (or administrator), or add its user to the group that owns what it reads',
  },
];

/** @returns null when nothing is to be done, or nobody knows what */
export function remedyFor(reason: string): string | null {
  for (const { says, advice } of rules) {
    const match = says.exec(reason);
    if (match) return advice(match);
  }
  return null;
}
