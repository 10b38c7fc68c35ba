/** Without a package manager: Linux with an installer, macOS with what launchd needs. */
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  asset,
  type Form,
  fileName,
  notices,
  type PackageContents,
  type PackedFile,
  under,
  writeTarGz,
  writeTree,
} from './tree.ts';

function linuxFiles(contents: PackageContents): PackedFile[] {
  const file = (path: string, mode: number): PackedFile => ({
    path: basename(path),
    mode,
    from: asset(contents, path),
  });
  return [
    file('linux/install.sh', 0o755),
    file('linux/setup', 0o755),
    ...contents.product.linux.map((one) => file(one.file, one.mode ?? 0o644)),
    { path: 'arch', mode: 0o644, text: `${contents.target.arch}\n` },
    // Of a package manager's files nothing is exchanged: only what lies here updates itself.
    ...(contents.product.updates ?? []).map((path) => file(path, path.endsWith('guard') ? 0o755 : 0o644)),
    ...(contents.product.updates && contents.plan.releaseKeys !== null
      ? [{ path: 'keys.json', mode: 0o644, text: contents.plan.releaseKeys }]
      : []),
  ];
}

const macFiles = (contents: PackageContents): PackedFile[] => [
  { path: 'install.sh', mode: 0o755, from: asset(contents, 'macos/install.sh') },
  { path: 'net.evenkeel.agent.plist', mode: 0o644, from: asset(contents, 'macos/net.evenkeel.agent.plist') },
];

export const tar: Form = {
  name: 'tar.gz',
  fits: ({ system }) => system !== 'win',
  needs: { tar: 'tar' },
  build(contents) {
    const { plan, product, target, work, payload, quick } = contents;
    const path = fileName(contents, '.tar.gz');
    const folder = basename(path, '.tar.gz');
    const root = join(work, 'tar');
    rmSync(root, { recursive: true, force: true });
    const own = target.system === 'linux' ? linuxFiles(contents) : macFiles(contents);
    writeTree(join(root, folder), [...under(product.archived, payload), ...own, ...notices(contents, '')], plan.epoch);
    writeTarGz(path, root, [folder], { epoch: plan.epoch, quick });
    return path;
  },
};
