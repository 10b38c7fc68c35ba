/** What a person runs on a machine to install chosen updates: a line to copy, per package manager. Pure. */

/** Names come from machines: anything else in one is left out, for the line is meant for a shell. */
const plain = /^[A-Za-z0-9][A-Za-z0-9._+:@/~-]*$/;
const spaced = /^[A-Za-z0-9][A-Za-z0-9._+:@/~ ()-]*$/;

const joined = (start: string) => (names: readonly string[]) => `${start} ${names.join(' ')}`;
const lines: Readonly<Record<string, (names: readonly string[]) => string>> = {
  apt: joined('sudo apt-get update && sudo apt-get install --only-upgrade'),
  dnf: joined('sudo dnf upgrade'),
  zypper: joined('sudo zypper update'),
  apk: joined('sudo apk add --upgrade'),
  brew: joined('brew upgrade'),
  snap: joined('sudo snap refresh'),
  flatpak: joined('flatpak update'),
  winget: (names) => names.map((name) => `winget upgrade --exact --id ${name}`).join('\n'),
  softwareupdate: (names) => `sudo softwareupdate --install ${names.map((name) => `'${name}'`).join(' ')}`,
};
/** Installs all or nothing: parts of a release do not fit the rest. */
const whole: Readonly<Record<string, string>> = { pacman: 'sudo pacman -Syu' };

export interface UpdateLine {
  manager: string;
  /** null: its manager takes no names on a command line. */
  text: string | null;
}

/** @returns one per manager, in the order in which they come */
export function linesOf(chosen: readonly { manager: string; name: string }[]): UpdateLine[] {
  return [...Map.groupBy(chosen, ({ manager }) => manager)].map(([manager, own]) => {
    const fits = manager === 'softwareupdate' ? spaced : plain;
    const names = [...new Set(own.map(({ name }) => name))].filter((name) => fits.test(name)).sort();
    const text = whole[manager] ?? (names.length === 0 ? null : (lines[manager]?.(names) ?? null));
    return { manager, text };
  });
}
