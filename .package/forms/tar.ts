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
  writeTarGz,
  writeTree,
} from './tree.ts';

function linuxFiles({ plan, target }: PackageContents): PackedFile[] {
  const file = (path: string, mode: number): PackedFile => ({ path, mode, from: asset(plan, `linux/${path}`) });
  return [
    file('install.sh', 0o755),
    file('setup', 0o755),
    file('evenkeel-sleep', 0o755),
    file('evenkeel-agent.service', 0o644),
    file('evenkeel-agent.path', 0o644),
    { path: 'arch', mode: 0o644, text: `${target.arch}\n` },
  ];
}

const macFiles = ({ plan }: PackageContents): PackedFile[] => [
  { path: 'install.sh', mode: 0o755, from: asset(plan, 'macos/install.sh') },
  { path: 'net.evenkeel.agent.plist', mode: 0o644, from: asset(plan, 'macos/net.evenkeel.agent.plist') },
];

export const tar: Form = {
  name: 'tar.gz',
  fits: ({ system }) => system !== 'win',
  needs: { tar: 'tar' },
  build(contents) {
    const { plan, target, work, executable, quick } = contents;
    const path = fileName(contents, '.tar.gz');
    const folder = basename(path, '.tar.gz');
    const root = join(work, 'tar');
    rmSync(root, { recursive: true, force: true });
    const program: PackedFile = { path: plan.program, mode: 0o755, from: executable };
    const own = target.system === 'linux' ? linuxFiles(contents) : macFiles(contents);
    writeTree(join(root, folder), [program, ...own, ...notices(contents, '')], plan.epoch);
    writeTarGz(path, root, [folder], { epoch: plan.epoch, quick });
    return path;
  },
};
