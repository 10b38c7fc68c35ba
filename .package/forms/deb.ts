/** Debian, Ubuntu and their kin: deb-control(5). */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asset, type Form, linuxEntries, type PackedFile, settingsOf, writeTree } from './tree.ts';

const architectures = { x64: 'amd64', arm64: 'arm64' } as const;
/** Node for x64 links libatomic, which a minimal system lacks. */
const depends = 'libc6 (>= 2.28), libstdc++6, libgcc-s1, libatomic1, passwd';

export const deb: Form = {
  name: 'deb',
  fits: ({ system }) => system === 'linux',
  needs: { 'dpkg-deb': 'dpkg' },
  build(contents) {
    const { plan, product, target, work, quick } = contents;
    const root = join(work, 'deb');
    rmSync(root, { recursive: true, force: true });
    const setup = `/usr/lib/${product.name}/setup`;
    const script = (name: string, lines: readonly string[]): PackedFile => ({
      path: `DEBIAN/${name}`,
      mode: 0o755,
      text: ['#!/bin/sh', 'set -e', ...lines, ''].join('\n'),
    });
    const entries = linuxEntries(contents);
    const settings = settingsOf(contents);
    const control = [
      `Package: ${product.name}`,
      `Version: ${plan.version}`,
      `Architecture: ${architectures[target.arch]}`,
      'Section: admin',
      'Priority: optional',
      'Maintainer: Evenkeel <root@localhost>',
      `Depends: ${depends}`,
      `Description: ${product.summary}`,
      ` ${product.about}`,
      '',
    ].join('\n');
    writeTree(
      root,
      [
        ...entries,
        { path: 'DEBIAN/control', mode: 0o644, text: control },
        ...(settings.length === 0 ? [] : [{ path: 'DEBIAN/conffiles', mode: 0o644, text: `${settings.join('\n')}\n` }]),
        // Debian's policy names the version that was there before, at an upgrade.
        script('postinst', [`[ "$1" != configure ] || ${setup} "$([ -n "$2" ] && echo upgrade || echo install)"`]),
        script('prerm', [`[ "$1" != remove ] || ${setup} remove`]),
        // The files are gone by then, and this one among them: the script holds a copy.
        script('postrm', ['[ "$1" = purge ] || exit 0', readFileSync(asset(contents, 'linux/setup'), 'utf8')]),
      ],
      plan.epoch,
    );
    const name = `${product.name}_${plan.version}_${architectures[target.arch]}.deb`;
    const path = join(plan.out, name);
    const compression = quick ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6'];
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(plan.epoch) };
    execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, path], { env, stdio: 'pipe' });
    return path;
  },
};
