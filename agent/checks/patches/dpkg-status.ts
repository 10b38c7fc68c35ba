/** /var/lib/dpkg/status: every package that dpkg knows, in blocks separated by blank lines. */
export interface DpkgPackage {
  name: string;
  version: string | null;
  architecture: string | null;
  maintainer: string | null;
  /** Third word of Status is `installed`. */
  installed: boolean;
  /** An admin has put the package on hold. */
  held: boolean;
}

const line = (key: string) => new RegExp(`^${key}: *(.+)$`, 'm');
const patterns = {
  name: line('Package'),
  status: line('Status'),
  version: line('Version'),
  architecture: line('Architecture'),
  maintainer: line('Maintainer'),
};

/** Packages in the order of the file; blocks without a name are left out. */
export function parseDpkgStatus(text: string): DpkgPackage[] {
  const packages: DpkgPackage[] = [];
  for (const block of text.replace(/^\uFEFF/, '').split(/\r?\n\r?\n/)) {
    const value = (key: keyof typeof patterns) => patterns[key].exec(block)?.[1]?.trim() ?? null;
    const name = value('name');
    if (name === null) continue;
    const status = (value('status') ?? '').split(/\s+/);
    packages.push({
      name,
      version: value('version'),
      architecture: value('architecture'),
      maintainer: value('maintainer'),
      installed: status[2] === 'installed',
      held: status[0] === 'hold' && status[2] === 'installed',
    });
  }
  return packages;
}
